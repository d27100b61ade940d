import type { TimelineEntry } from "../../src/changes";
import { type ContactRow, problemOf, type Row } from "../../src/rows";
import { ago, conditionShown, exact, genesysShownOf, left, phoneShown } from "../logic/words";
import { Badge, byId, element, scrollable } from "./elements";
import { Timeline } from "./timeline";

/** A term and what is said of it; what is undefined is left out. */
type Fact = readonly [term: string, value: Node | string | undefined];

/** Everything about one DN, and its timeline. */
export class Detail {
  readonly #panel = byId("detail");
  readonly #title = byId("detail-title");
  readonly #state = byId("detail-state");
  readonly #facts = element("div", "facts");
  readonly #timeline = new Timeline({ nothing: "Nothing has changed" });
  readonly #ticking: { readonly node: HTMLElement; readonly text: (now: number) => string }[] = [];
  #dn = "";
  #row: Row | undefined;

  constructor(
    private readonly now: () => number,
    private readonly closed: () => void,
  ) {
    const body = byId("detail-body");
    scrollable(body, "group", "Details");
    body.append(this.#facts, element("h3", "", "Changes of this DN"), this.#timeline.node);
    byId("detail-close").addEventListener("click", () => this.close());
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  get dn(): string {
    return this.#dn;
  }

  open(dn: string, row: Row | undefined): void {
    const another = dn !== this.#dn;
    this.#dn = dn;
    this.#row = undefined;
    this.#panel.hidden = false;
    this.#title.textContent = `DN ${dn}`;
    this.show(row);
    if (another) void this.#timeline.open(dn);
    this.#panel.focus({ preventScroll: true });
    this.#panel.scrollIntoView({ block: "nearest" });
  }

  close(): void {
    this.#dn = "";
    this.#panel.hidden = true;
    this.closed();
  }

  /** The row as it is now; undefined: the DN has none (any more). */
  show(row: Row | undefined): void {
    if (this.#dn === "" || (row !== undefined && row === this.#row)) return;
    this.#row = row;
    this.#ticking.length = 0;
    if (row === undefined) {
      this.#state.replaceChildren("Asterisk does not know this DN");
      this.#facts.replaceChildren();
      return;
    }
    this.#state.replaceChildren(new Badge(conditionShown(row)).node);
    const problem = problemOf(row);
    const parts = [
      this.#phone(row),
      ...row.phone.contacts.map((one) => this.#contact(one)),
      this.#genesys(row),
    ];
    if (row.lastError !== null) {
      const { at, text } = row.lastError;
      parts.push(
        facts("Last error", [
          ["What", text],
          ["When", this.#since(at)],
        ]),
      );
    }
    this.#facts.replaceChildren(
      ...(problem === undefined ? [] : [element("p", "warning", problem)]),
      ...parts,
    );
    this.tick();
  }

  /** Its DN's new entries. */
  live(entries: readonly TimelineEntry[]): void {
    if (this.#dn !== "") this.#timeline.live(entries);
  }

  /** After a gap. */
  refresh(): void {
    if (this.#dn !== "") void this.#timeline.open(this.#dn);
  }

  tick(): void {
    const now = this.now();
    for (const { node, text } of this.#ticking) node.textContent = text(now);
  }

  #phone(row: Row): HTMLElement {
    return facts("Phone at Asterisk", [
      ["State", new Badge(phoneShown(row)).node],
      ["Since", this.#since(row.phone.since)],
    ]);
  }

  #contact({ uri, status, roundtripMs, userAgent, via, expiresAt }: ContactRow): HTMLElement {
    const answer =
      roundtripMs === undefined
        ? ""
        : `, in ${roundtripMs < 10 ? roundtripMs.toFixed(1) : Math.round(roundtripMs)} ms`;
    return facts("Contact", [
      ["URI", uri],
      ["User agent", userAgent],
      ["Via", via],
      ["Qualify", `${status}${answer}`],
      ["Expires in", expiresAt === undefined ? undefined : this.#left(expiresAt)],
    ]);
  }

  #genesys(row: Row): HTMLElement {
    const { genesys } = row;
    if (genesys === null) return facts("Genesys", [["State", new Badge(genesysShownOf(row)).node]]);
    const { by, since, expiresAt, server, detail } = genesys;
    return facts("Genesys", [
      ["State", new Badge(genesysShownOf(row)).node],
      ["In words", detail],
      ["Server", server ?? undefined],
      ["By", by],
      ["Since", this.#since(since)],
      ["Expires in", expiresAt === null ? undefined : this.#left(expiresAt)],
    ]);
  }

  #since(at: string): Node {
    return this.#timed((now) => `${exact(at)} (${ago(at, now)})`);
  }

  #left(until: string): Node {
    return this.#timed((now) => `${left(until, now)} (at ${exact(until)})`);
  }

  #timed(text: (now: number) => string): Node {
    const node = element("span");
    this.#ticking.push({ node, text });
    return node;
  }
}

function facts(title: string, list: readonly Fact[]): HTMLElement {
  const known = list.filter(([, value]) => value !== undefined);
  const pairs = known.map(([term, value]) =>
    element("div", "", element("dt", "", term), element("dd", "", value ?? "")),
  );
  return element("section", "", element("h3", "", title), element("dl", "", ...pairs));
}
