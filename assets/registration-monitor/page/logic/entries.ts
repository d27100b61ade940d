import type { TimelineEntry } from "../../src/changes";

/** Entries of a timeline, the latest first: each once, from wherever it came, and a bounded number of them. */
export class Entries {
  #entries: TimelineEntry[] = [];

  constructor(private readonly limit: number) {}

  get all(): readonly TimelineEntry[] {
    return this.#entries;
  }

  /** Before which id older entries are to be asked for. */
  get oldest(): number | undefined {
    return this.#entries.at(-1)?.id;
  }

  get full(): boolean {
    return this.#entries.length >= this.limit;
  }

  clear(): void {
    this.#entries = [];
  }

  /** @returns whether there was anything new in them */
  add(entries: readonly TimelineEntry[]): boolean {
    const known = new Set(this.#entries.map(({ id }) => id));
    const added = entries.filter(({ id }) => !known.has(id));
    if (added.length === 0) return false;
    this.#entries = [...added, ...this.#entries].sort((a, b) => b.id - a.id).slice(0, this.limit);
    return true;
  }
}
