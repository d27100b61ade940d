import type { Rights } from "../logic/access";
import { type Filter, fits } from "../logic/filter";
import { LiveCalls } from "../logic/live-calls";
import type { Alive } from "../logic/messages";
import { warningsOf } from "../logic/warnings";
import type { Api } from "./api";
import { CallDetail } from "./call-detail";
import { CallStream } from "./call-stream";
import { CallTable } from "./call-table";
import type { CampaignNames } from "./campaign-names";
import { byId, element, setText } from "./elements";
import { clock, count } from "./times";

/** The calls that are up, as they are now; or as they were when the stream was lost, which is said. */
export class LivePart {
  readonly #calls = new LiveCalls();
  readonly #table: CallTable;
  readonly #detail: CallDetail;
  readonly #search = byId<HTMLInputElement>("search");
  readonly #state = byId("state");
  readonly #warnings = byId("warnings");
  #filter: Filter = { type: "all", text: "" };
  #frame = 0;
  #hasCalls = false;
  /** Of the server's clock to this one's: calls last by the server's. */
  #clockOffset = 0;
  /** Since when nothing has come, by this clock; undefined: all is up to date. */
  #lostAt: number | undefined;
  #reason = "";
  #asterisk: Alive["asterisk"];
  #shownWarnings = "";

  constructor(
    api: Api,
    rights: Rights,
    private readonly names: CampaignNames,
  ) {
    const now = () => (this.#lostAt ?? Date.now()) + this.#clockOffset;
    const closed = () => {
      this.#table.select("");
      this.#table.focus();
    };
    const choose = (id: string) => this.#choose(id);
    this.#table = new CallTable({ now, nameOf: names.of, choose });
    this.#detail = new CallDetail({ api, rights, now, nameOf: names.of, closed });
    this.#search.addEventListener("input", () => {
      this.#filter = { ...this.#filter, text: this.#search.value.trim() };
      this.refresh();
    });
    byId("choices").addEventListener("change", ({ target }) => {
      this.#filter = { ...this.#filter, type: (target as HTMLInputElement).value as Filter["type"] };
      this.refresh();
    });
    setInterval(() => {
      this.#table.tick();
      this.#detail.tick();
    }, 1_000);
    this.#stream(api).open();
  }

  /** With the next frame, however much changes until then. */
  refresh(): void {
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  focusSearch(): void {
    this.#search.focus();
  }

  #stream(api: Api): CallStream {
    return new CallStream(api, {
      snapshot: (snapshot) => {
        this.#hasCalls = true;
        this.#calls.replace(snapshot.calls);
        this.#alive(snapshot);
        void this.#refreshDetail(api);
        this.refresh();
      },
      change: (change) => {
        this.#calls.apply(change);
        if (change.call.id === this.#detail.id) this.#detail.show(change.call);
        this.refresh();
      },
      gone: ({ id }) => {
        this.#calls.remove(id);
        if (id === this.#detail.id) this.#detail.close();
        this.refresh();
      },
      alive: (alive) => this.#alive(alive),
      lost: (reason) => {
        this.#lostAt ??= Date.now();
        this.#reason = reason;
        this.#sight();
      },
    });
  }

  #alive({ now, asterisk }: Alive): void {
    this.#clockOffset = Date.parse(now) - Date.now();
    this.#lostAt = undefined;
    this.#asterisk = asterisk;
    this.#sight();
  }

  /** Whether what is shown is true now. */
  #sight(): void {
    const isLost = this.#lostAt !== undefined;
    this.#state.hidden = false;
    this.#state.dataset.sign = isLost ? "busy" : "good";
    setText(this.#state, isLost ? "Reconnecting" : "Live");
    byId("live").classList.toggle("old", isLost || this.#asterisk?.live === false);
    const lost = this.#lostAt === undefined ? undefined : { at: clock(this.#lostAt), reason: this.#reason };
    this.#warn(warningsOf(lost, this.#hasCalls, this.#asterisk));
  }

  /** Only when they differ: a screen reader says them each time. */
  #warn(warnings: readonly string[]): void {
    const text = warnings.join("\n");
    if (text === this.#shownWarnings) return;
    this.#shownWarnings = text;
    this.#warnings.replaceChildren(...warnings.map((warning) => element("p", "warning", warning)));
  }

  /** The detail's call, after a gap: what ended meanwhile is in the log. */
  async #refreshDetail(api: Api): Promise<void> {
    const { id } = this.#detail;
    if (id === "") return;
    const call = this.#calls.get(id) ?? (await api.call(id).catch(() => undefined));
    if (call !== undefined && this.#detail.id === id) this.#detail.show(this.#calls.get(id) ?? call);
  }

  #show(): void {
    this.#frame = 0;
    const totals = this.#calls.totals();
    setText(byId("total-all"), count(totals.all));
    setText(byId("total-talking"), count(totals.talking));
    setText(byId("total-waiting"), count(totals.waiting));
    setText(byId("total-on-hold"), count(totals.onHold));
    setText(byId("total-recorded"), count(totals.recorded));
    const rows = this.#calls.select((call) => fits(call, this.#filter, this.names.of));
    this.#table.show(rows, this.#calls.size === 0 ? "There is no call" : "No call is like that");
    setText(
      byId("live-shown"),
      rows.length === this.#calls.size ? "" : `${count(rows.length)} of ${count(this.#calls.size)}`,
    );
  }

  #choose(id: string): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#table.select(id);
    this.#detail.open(call);
  }
}
