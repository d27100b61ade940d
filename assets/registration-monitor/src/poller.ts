import { Backoff } from "../../../lib/ami";

export interface PollerOptions {
  /** Seconds between two looks. */
  readonly interval: number;
  readonly look: (signal: AbortSignal) => Promise<void>;
  /** Is told of every look, and how long it took in seconds. */
  readonly looked: (failure: Error | undefined, seconds: number) => void;
}

/** What a source of rows is good for now. */
export interface SourceSight {
  readonly live: boolean;
  /** Why it is not live, or what failed since. */
  readonly reason: string | null;
}

/** Milliseconds from a nudge to the look: what happens at once is seen at once. */
const soon = 250;

/** Part of the time that looks may take: one that takes long comes seldom. */
const share = 0.05;

/** Milliseconds that a look which took long is rested from at most. */
const longestRest = 30_000;

/** What was seen is no longer called live when the next look is so many intervals late, or milliseconds. */
const late = { intervals: 2, least: 4_000 };

/**
 * Looks at something at an interval, and soon after a nudge; one look at a time, and after failures with backoff, a
 * nudge or not.
 */
export class Poller {
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  #timer?: NodeJS.Timeout;
  #due = Number.POSITIVE_INFINITY;
  #looking?: Promise<void>;
  #nudged = false;
  #failure: string | null = null;
  #lastLook = Number.NEGATIVE_INFINITY;
  /** No look before this, however many nudges come. */
  #earliest = 0;
  /** Until then what was seen last is live. */
  #goodUntil = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: PollerOptions) {
    this.#backoff = new Backoff(
      { initial: 1_000, maximum: Math.max(30_000, options.interval * 1_000), minimum: 200 },
      Math.random,
    );
  }

  get sight(): SourceSight {
    const live = performance.now() < this.#goodUntil;
    if (live) return { live, reason: this.#failure };
    const age = (performance.now() - this.#lastLook) / 1_000;
    const why = Number.isFinite(age)
      ? `the last look is ${Math.round(age)} s old`
      : "the first look is under way";
    return { live, reason: this.#failure ?? why };
  }

  start(): void {
    this.#at(0);
  }

  /** Something has probably changed. */
  nudge(): void {
    if (this.#looking !== undefined) this.#nudged = true;
    else if (this.#failure === null) this.#at(this.#patience(soon));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Sooner only, never later. */
  #at(wait: number): void {
    const due = performance.now() + wait;
    if (this.#stop.signal.aborted || due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#due = Number.POSITIVE_INFINITY;
      this.#looking = this.#look();
    }, wait);
  }

  async #look(): Promise<void> {
    const { look, looked, interval } = this.options;
    const { signal } = this.#stop;
    const started = performance.now();
    let failure: Error | undefined;
    try {
      await look(signal);
    } catch (error) {
      failure = error as Error;
    }
    this.#looking = undefined;
    if (signal.aborted) return;
    const took = performance.now() - started;
    looked(failure, took / 1_000);
    const nudged = this.#nudged;
    this.#nudged = false;
    this.#failure = failure === undefined ? null : failure.message;
    if (failure !== undefined) return this.#at(this.#backoff.next());
    this.#backoff.reset();
    this.#lastLook = performance.now();
    this.#earliest = this.#lastLook + Math.min(took / share, longestRest);
    const grace = Math.max(late.intervals * interval * 1_000, late.least);
    this.#goodUntil = this.#lastLook + this.#patience(interval * 1_000) + grace;
    this.#at(this.#patience(nudged ? soon : interval * 1_000));
  }

  #patience(wait: number): number {
    return Math.max(wait, this.#earliest - performance.now());
  }
}
