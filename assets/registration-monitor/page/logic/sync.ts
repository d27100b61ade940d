import type { Delta, Whole } from "./messages";

export interface SyncListener {
  /** The whole is to be fetched, and handed to `whole` or `failed`. */
  fetch(): void;
  /** This replaces everything. */
  whole(whole: Whole): void;
  /** This comes on top of it. */
  delta(delta: Delta): void;
}

/** Deltas that wait for the whole that they come on top of. */
const maxWaiting = 500;

interface Version {
  readonly boot: string;
  readonly number: number;
}

/**
 * Brings the whole and the deltas of the event stream together, whichever comes first, so that no change is lost and
 * none is applied twice. A gap, or another process at the other end, makes it fetch the whole again.
 */
export class Sync {
  #has: Version | undefined;
  #fetching = false;
  #waiting: Delta[] = [];

  constructor(private readonly listener: SyncListener) {}

  /** The last version that is shown, for the stream to go on from. */
  get version(): string | undefined {
    return this.#has && `${this.#has.boot}-${this.#has.number}`;
  }

  begin(): void {
    this.#fetch();
  }

  /** The stream starts behind this version. */
  started(version: string): void {
    const at = parse(version);
    if (this.#fetching || this.#has === undefined) return;
    if (at.boot !== this.#has.boot || at.number > this.#has.number) this.#fetch();
  }

  /** What lies between cannot be told by deltas. */
  reset(): void {
    this.#fetch();
  }

  delta(delta: Delta): void {
    if (this.#fetching || this.#has === undefined) {
      if (this.#waiting.length >= maxWaiting) this.#waiting.shift();
      this.#waiting.push(delta);
    } else this.#apply(delta, this.#has);
  }

  whole(whole: Whole): void {
    this.#fetching = false;
    this.#has = parse(whole.version);
    this.listener.whole(whole);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const delta of waiting) this.delta(delta);
  }

  /** The whole could not be fetched; `begin` tries again. */
  failed(): void {
    this.#fetching = false;
  }

  #apply(delta: Delta, has: Version): void {
    const { boot, number } = parse(delta.version);
    if (boot === has.boot && number <= has.number) return;
    // The whole will be newer than this delta.
    if (boot !== has.boot || number > has.number + 1) this.#fetch();
    else {
      this.#has = { boot, number };
      this.listener.delta(delta);
    }
  }

  #fetch(): void {
    if (this.#fetching) return;
    this.#fetching = true;
    this.listener.fetch();
  }
}

function parse(version: string): Version {
  const at = version.lastIndexOf("-");
  return { boot: version.slice(0, at), number: Number(version.slice(at + 1)) };
}
