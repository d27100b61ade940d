import { type Choice, fits } from "./logic/filter";
import type { Head } from "./logic/messages";
import { RowStore } from "./logic/rows-store";
import { Sync } from "./logic/sync";
import { count } from "./logic/words";
import { fetchWhole } from "./ui/api";
import { Detail } from "./ui/detail";
import { byId, scrollable } from "./ui/elements";
import { EventStream } from "./ui/event-stream";
import { Overview } from "./ui/overview";
import { Table } from "./ui/table";
import { startTheme } from "./ui/theme";
import { Timeline } from "./ui/timeline";

/** Milliseconds between two tries to fetch the whole, and between two fetches. */
const pause = 1_000;

const store = new RowStore();
const overview = new Overview();
const search = byId<HTMLInputElement>("search");
const choices = byId("choices");
let filter = { choice: "all" as Choice, text: "" };
let head: Head | undefined;
let range = "";
/** Of the monitor's clock to this one's: what counts down does so by the monitor's. */
let clockOffset = 0;
let fetchedAt = Number.NEGATIVE_INFINITY;

const now = () => Date.now() + clockOffset;
const setClock = (serverNow: number) => {
  clockOffset = serverNow - Date.now();
};

const detail = new Detail(now, () => {
  table.select("");
  table.focus();
});
const choose = (dn: string) => {
  table.select(dn);
  detail.open(dn, store.get(dn));
};
const table = new Table(now, choose);
const timeline = new Timeline({ choose, nothing: "Nothing has changed yet" });
scrollable(byId("timeline"), "group", "Changes of all DNs");
byId("timeline").append(timeline.node);

const sync = new Sync({
  fetch: () => void fetchAll(),
  whole(whole) {
    setClock(Date.parse(whole.now));
    store.replace(whole.rows);
    showHead(whole);
    overview.totals(whole.totals, range);
    showRows();
    // Whatever changed meanwhile is in there as well.
    void timeline.open();
    detail.refresh();
  },
  delta({ head: newHead, totals, rows, gone, changes }) {
    store.apply(rows, gone);
    if (newHead !== undefined) showHead(newHead);
    if (totals !== undefined) overview.totals(totals, range);
    if (rows !== undefined || gone !== undefined) showRows();
    if (changes === undefined) return;
    timeline.live(changes);
    detail.live(changes);
  },
});

const stream = new EventStream(
  {
    started: (version) => sync.started(version),
    delta: (delta) => sync.delta(delta),
    reset: () => sync.reset(),
    clock: setClock,
    connected: () => overview.live(true, "Live"),
    lost: () => overview.live(false, "Reconnecting"),
  },
  () => sync.version,
);

async function fetchAll(): Promise<void> {
  // When very much happens, the whole is asked for once a second and not as often as something happens.
  const wait = fetchedAt + pause - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  fetchedAt = performance.now();
  try {
    sync.whole(await fetchWhole());
  } catch (error) {
    overview.live(false, `No data: ${(error as Error).message}`);
    sync.failed();
    setTimeout(() => sync.begin(), pause * (1 + Math.random()));
  }
}

function showHead(next: Head): void {
  head = next;
  range = next.range;
  overview.head(head);
}

function showRows(): void {
  const rows = store.select((row) => fits(row, filter));
  table.show(rows, store.size === 0 ? "There are no DNs yet" : "No DN is like that");
  byId("shown").textContent =
    rows.length === store.size ? "" : `${count(rows.length)} of ${count(store.size)}`;
  detail.show(store.get(detail.dn));
}

search.addEventListener("input", () => {
  filter = { ...filter, text: search.value.trim() };
  showRows();
});
choices.addEventListener("change", ({ target }) => {
  filter = { ...filter, choice: (target as HTMLInputElement).value as Choice };
  showRows();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target === search) return;
  event.preventDefault();
  search.focus();
});
setInterval(() => {
  table.tick();
  detail.tick();
}, 1_000);

startTheme();
sync.begin();
stream.open();
