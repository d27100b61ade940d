import { rowAfterKey, windowOf } from "../../../registration-monitor/page/logic/window";
import type { Call } from "../logic/messages";
import { CallRow } from "./call-row";
import { byId, element, scrollable, setText } from "./elements";

/** CSS pixels, as `--row` in styles/live.css. */
const rowHeight = 44;

/** Heads of the columns, in CallRow's order: what is seen, and what is said where that is not enough. */
const columns: readonly { readonly head: string; readonly said?: string; readonly className?: string }[] = [
  { head: "From" },
  { head: "To" },
  { head: "State" },
  { head: "Time", said: "Time since it was answered, or else since it began", className: "number" },
  { head: "Agent" },
  { head: "Type", said: "Type and trunk" },
  { head: "Campaign" },
  { head: "Recording" },
];

export interface CallTableOptions {
  readonly now: () => number;
  readonly nameOf: (campaignId: string) => string;
  readonly choose: (id: string) => void;
}

/**
 * The live calls. Only the rows that are seen are in the document; its keys are those of a grid with rows to choose from
 * (WAI-ARIA 1.2, grid), and aria-rowindex says where in the whole a row is.
 */
export class CallTable {
  readonly #grid = byId("grid");
  readonly #body = element("div", "rows");
  readonly #none = byId("live-none");
  readonly #views: CallRow[] = [];
  #rows: readonly Call[] = [];
  /** Of the row that keys act on. */
  #active = -1;
  #activeId = "";
  #selected = "";
  #frame = 0;

  constructor(private readonly options: CallTableOptions) {
    scrollable(this.#grid, "grid", "Live calls");
    this.#body.setAttribute("role", "rowgroup");
    this.#grid.setAttribute("aria-colcount", String(columns.length));
    this.#grid.setAttribute("aria-rowcount", "1");
    this.#grid.append(header(), this.#body);
    this.#grid.addEventListener("scroll", () => this.#soon(), { passive: true });
    this.#grid.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.#soon()).observe(this.#grid);
  }

  /** @param nothing what is said when there are none */
  show(rows: readonly Call[], nothing: string): void {
    const before = this.#active;
    this.#rows = rows;
    this.#active = rows.findIndex(({ id }) => id === this.#activeId);
    // The call on which the keys were has ended: they go on with the one that has moved to its place.
    if (this.#active < 0 && before >= 0) this.#activate(Math.min(before, rows.length - 1));
    this.#grid.setAttribute("aria-rowcount", String(rows.length + 1));
    this.#body.style.height = `${rows.length * rowHeight}px`;
    this.#none.hidden = rows.length > 0;
    setText(this.#none, nothing);
    this.#draw();
  }

  select(id: string): void {
    this.#selected = id;
    this.#draw();
  }

  focus(): void {
    this.#grid.focus();
  }

  /** Time has gone by. */
  tick(): void {
    const now = this.options.now();
    for (const view of this.#views) if (!view.node.hidden) view.tick(now);
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { scrollTop, clientHeight } = this.#grid;
    const { first, end } = windowOf(scrollTop, clientHeight, rowHeight, this.#rows.length);
    const now = this.options.now();
    // A row keeps its view while it scrolls: view n has the rows n, n + size, n + 2 size, and so on.
    const size = Math.max(this.#views.length, end - first);
    while (this.#views.length < size) this.#addView();
    for (let at = first; at < first + size; at++) {
      const view = this.#views[at % size] as CallRow;
      const row = at < end ? this.#rows[at] : undefined;
      view.node.hidden = row === undefined;
      if (row === undefined) continue;
      const campaign = row.campaign_id === null ? "" : this.options.nameOf(row.campaign_id);
      view.show(row, campaign, at, rowHeight, now);
      view.mark(at === this.#active, row.id === this.#selected);
      if (at === this.#active) this.#grid.setAttribute("aria-activedescendant", view.node.id);
    }
    if (this.#active < first || this.#active >= end) this.#grid.removeAttribute("aria-activedescendant");
  }

  #addView(): void {
    const view = new CallRow(`row-${this.#views.length}`);
    this.#views.push(view);
    this.#body.append(view.node);
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const row = this.#rows[this.#active];
    if ((event.key === "Enter" || event.key === " ") && row !== undefined) this.options.choose(row.id);
    else {
      const page = Math.max(1, Math.floor(this.#grid.clientHeight / rowHeight) - 2);
      const next = rowAfterKey(event.key, this.#active, this.#rows.length, page);
      if (next === undefined) return;
      this.#activate(next);
      this.#reveal(next);
      this.#draw();
    }
    event.preventDefault();
  }

  #activate(at: number): void {
    this.#active = at;
    this.#activeId = this.#rows[at]?.id ?? "";
  }

  #reveal(at: number): void {
    const { scrollTop, clientHeight } = this.#grid;
    // The header sticks to the top and covers a row's height.
    const seen = clientHeight - rowHeight;
    const [top, bottom] = [at * rowHeight, (at + 1) * rowHeight];
    if (top < scrollTop) this.#grid.scrollTop = top;
    else if (bottom > scrollTop + seen) this.#grid.scrollTop = bottom - seen;
  }

  #click({ target }: MouseEvent): void {
    const node = (target as Element).closest(".row");
    const view = this.#views.find((one) => one.node === node);
    if (view === undefined) return;
    this.#activate(this.#rows.findIndex(({ id }) => id === view.id));
    this.options.choose(view.id);
  }
}

function header(): HTMLElement {
  const heads = columns.map(({ head, said, className }, n) => {
    const made = element("span", className, head);
    made.setAttribute("role", "columnheader");
    made.setAttribute("aria-colindex", String(n + 1));
    if (said !== undefined) made.setAttribute("aria-label", said);
    return made;
  });
  const row = element("div", "cells", ...heads);
  row.setAttribute("role", "row");
  row.setAttribute("aria-rowindex", "1");
  const group = element("div", "head", row);
  group.setAttribute("role", "rowgroup");
  return group;
}
