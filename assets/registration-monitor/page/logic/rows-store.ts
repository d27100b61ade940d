import type { Row } from "../../src/rows";

/** The rows that the page has, in the order of the DNs. */
export class RowStore {
  readonly #rows = new Map<string, Row>();
  #order: string[] | undefined;

  get size(): number {
    return this.#rows.size;
  }

  get(dn: string): Row | undefined {
    return this.#rows.get(dn);
  }

  /** All rows anew. */
  replace(rows: readonly Row[]): void {
    this.#rows.clear();
    this.#order = undefined;
    for (const row of rows) this.#rows.set(row.dn, row);
  }

  apply(rows: readonly Row[] = [], gone: readonly string[] = []): void {
    for (const row of rows) {
      if (!this.#rows.has(row.dn)) this.#order = undefined;
      this.#rows.set(row.dn, row);
    }
    for (const dn of gone) if (this.#rows.delete(dn)) this.#order = undefined;
  }

  /** Those that a filter lets through. */
  select(fits: (row: Row) => boolean): Row[] {
    this.#order ??= [...this.#rows.keys()].sort();
    const rows: Row[] = [];
    for (const dn of this.#order) {
      const row = this.#rows.get(dn);
      if (row !== undefined && fits(row)) rows.push(row);
    }
    return rows;
  }
}
