import type { CallChange } from "../calls/call";
import type { Calls } from "../calls/calls";

/** A change with the place that it has among all. */
export interface NumberedChange {
  /** `<boot>-<n>`: n rises by one from change to change, and boot tells two processes apart. */
  readonly id: string;
  readonly change: CallChange;
}

/** Changes that are kept for listeners who come back. */
const kept = 1_000;

/** What happens to calls, numbered. */
export class LiveFeed {
  readonly #kept: NumberedChange[] = [];
  readonly #listeners = new Set<(change: NumberedChange) => void>();
  #number = 0;

  constructor(
    calls: Calls,
    private readonly boot: string = Date.now().toString(36),
  ) {
    calls.on("change", (change) => this.#add(change));
  }

  /** Of the last change. */
  get id(): string {
    return `${this.boot}-${this.#number}`;
  }

  subscribe(listener: (change: NumberedChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes after that one, the oldest first; undefined: they aren't there any more. */
  since(id: string): readonly NumberedChange[] | undefined {
    if (id === this.id) return [];
    const at = this.#kept.findIndex((change) => change.id === id);
    return at === -1 ? undefined : this.#kept.slice(at + 1);
  }

  #add(change: CallChange): void {
    this.#number++;
    const numbered = { id: this.id, change };
    this.#kept.push(numbered);
    if (this.#kept.length > kept) this.#kept.shift();
    for (const listener of this.#listeners) listener(numbered);
  }
}
