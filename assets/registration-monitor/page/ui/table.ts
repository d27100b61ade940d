import type { Row } from "../../src/rows";
import { rowAfterKey, windowOf } from "../logic/window";
import { byId, element, scrollable } from "./elements";
import { RowView } from "./row-view";

/** CSS pixels, as `--row` in styles/table.css. */
const ROW_HEIGHT = 44;

/** Heads of the columns, in RowView's order: what is seen, and what is said where that is not enough. */
const COLUMNS: readonly { readonly head: string; readonly said?: string; readonly className?: string }[] = [
  { head: "DN" },
  { head: "Phone" },
  { head: "Expires in", said: "Phone's binding expires in", className: "number" },
  { head: "Contact" },
  { head: "Genesys", className: "edge" },
  { head: "By" },
  { head: "Since", said: "Genesys state since", className: "number" },
  { head: "Expires in", said: "Genesys binding expires in", className: "number" },
  { head: "Last error" },
];

/**
 * The table of DNs. Only the rows that are seen are in the document; its keys are those of a grid with rows to choose
 * from (WAI-ARIA 1.2, grid), and aria-rowindex says where in the whole a row is.
 */
export class Table {
  readonly #grid = byId("grid");
  readonly #body = element("div", "rows");
  readonly #none = byId("none");
  readonly #views: RowView[] = [];
  #rows: readonly Row[] = [];
  /** Of the row that keys act on. */
  #active = -1;
  #activeDn = "";
  #selected = "";
  #frame = 0;

  constructor(
    private readonly now: () => number,
    private readonly choose: (dn: string) => void,
  ) {
    scrollable(this.#grid, "grid", "DNs and their registrations");
    this.#body.setAttribute("role", "rowgroup");
    this.#grid.setAttribute("aria-colcount", String(COLUMNS.length));
    this.#grid.append(header(), this.#body);
    this.#grid.addEventListener("scroll", () => this.#soon(), { passive: true });
    this.#grid.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.#soon()).observe(this.#grid);
  }

  /** @param nothing what is said when there are none */
  show(rows: readonly Row[], nothing: string): void {
    this.#rows = rows;
    this.#active = rows.findIndex(({ dn }) => dn === this.#activeDn);
    this.#grid.setAttribute("aria-rowcount", String(rows.length + 1));
    this.#body.style.height = `${rows.length * ROW_HEIGHT}px`;
    this.#none.hidden = rows.length > 0;
    this.#none.textContent = nothing;
    this.#draw();
  }

  select(dn: string): void {
    this.#selected = dn;
    this.#draw();
  }

  focus(): void {
    this.#grid.focus();
  }

  /** Time has gone by. */
  tick(): void {
    const now = this.now();
    for (const view of this.#views) if (!view.node.hidden) view.tick(now);
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { scrollTop, clientHeight } = this.#grid;
    const { first, end } = windowOf(scrollTop, clientHeight, ROW_HEIGHT, this.#rows.length);
    const now = this.now();
    // A row keeps its view while it scrolls: view n has the rows n, n + size, n + 2 size, and so on.
    const size = Math.max(this.#views.length, end - first);
    while (this.#views.length < size) this.#addView();
    for (let at = first; at < first + size; at++) {
      const view = this.#views[at % size] as RowView;
      const row = at < end ? this.#rows[at] : undefined;
      view.node.hidden = row === undefined;
      if (row === undefined) continue;
      view.show(row, at, ROW_HEIGHT, now);
      view.mark(at === this.#active, row.dn === this.#selected);
      if (at === this.#active) this.#grid.setAttribute("aria-activedescendant", view.node.id);
    }
    if (this.#active < first || this.#active >= end) this.#grid.removeAttribute("aria-activedescendant");
  }

  #addView(): void {
    const view = new RowView(`row-${this.#views.length}`);
    this.#views.push(view);
    this.#body.append(view.node);
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const row = this.#rows[this.#active];
    if ((event.key === "Enter" || event.key === " ") && row !== undefined) this.choose(row.dn);
    else {
      const page = Math.max(1, Math.floor(this.#grid.clientHeight / ROW_HEIGHT) - 2);
      const next = rowAfterKey(event.key, this.#active, this.#rows.length, page);
      if (next === undefined) return;
      this.#activate(next);
    }
    event.preventDefault();
  }

  #activate(at: number): void {
    this.#active = at;
    this.#activeDn = this.#rows[at]?.dn ?? "";
    const { scrollTop, clientHeight } = this.#grid;
    // The header sticks to the top and covers a row's height.
    const seen = clientHeight - ROW_HEIGHT;
    const [top, bottom] = [at * ROW_HEIGHT, (at + 1) * ROW_HEIGHT];
    if (top < scrollTop) this.#grid.scrollTop = top;
    else if (bottom > scrollTop + seen) this.#grid.scrollTop = bottom - seen;
    this.#draw();
  }

  #click({ target }: MouseEvent): void {
    const node = (target as Element).closest(".row");
    const view = this.#views.find((one) => one.node === node);
    if (view === undefined) return;
    this.#activate(this.#rows.findIndex(({ dn }) => dn === view.dn));
    this.choose(view.dn);
  }
}

function header(): HTMLElement {
  const heads = COLUMNS.map(({ head, said, className }, n) => {
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
