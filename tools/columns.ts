import { colors } from "./colors";

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Colour of the text. @default none */
  readonly paint?: (row: Row) => (text: string) => string;
}

/** Rows below each other, each column as wide as its widest text. */
export function renderColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ text }) => text(row)));
  const widths = columns.map(({ title }, index) =>
    cells.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), title.length),
  );
  const line = (texts: readonly string[], paint: (text: string, index: number) => string) =>
    // Padded before it is painted: colours have no width.
    texts
      .map((text, index) => paint(index === texts.length - 1 ? text : text.padEnd(widths[index] ?? 0), index))
      .join("  ")
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title),
      colors.dim,
    ),
    ...rows.map((row, at) =>
      line(cells[at] ?? [], (text, index) => columns[index]?.paint?.(row)(text) ?? text),
    ),
  ].join("\n");
}
