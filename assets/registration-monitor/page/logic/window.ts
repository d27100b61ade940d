/** Rows that are in the document: from `first` to below `end`. */
export interface Window {
  readonly first: number;
  readonly end: number;
}

/** Rows above and below what is seen, so that scrolling shows no gap. */
const margin = 8;

/**
 * Which rows of a long list are seen. All lengths are CSS pixels.
 * @param top how far the list is scrolled
 */
export function windowOf(top: number, height: number, rowHeight: number, count: number): Window {
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - margin, count));
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + margin);
  return { first, end: Math.max(first, end) };
}

/** The row that a key leads to from row `from`; undefined: the key has another meaning. */
export function rowAfterKey(key: string, from: number, count: number, page: number): number | undefined {
  const to = (row: number) => Math.max(0, Math.min(count - 1, row));
  if (count === 0) return undefined;
  switch (key) {
    case "ArrowDown":
      return to(from + 1);
    case "ArrowUp":
      return to(from < 0 ? 0 : from - 1);
    case "PageDown":
      return to(from + page);
    case "PageUp":
      return to(from - page);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
