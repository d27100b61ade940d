import { Backoff } from "../../../lib/ami";
import { BoundedQueue, type Logger } from "../../../lib/service";
import { isRefused } from "./database/database";

export interface WriteBehindMeter {
  written(count: number): void;
  dropped(count: number): void;
}

export interface WriteBehindOptions<Item> {
  /** For the log: "audit entries". */
  readonly what: string;
  /** Items that wait at most; when there are more, the oldest go. */
  readonly waiting: number;
  /** Items that one write takes. */
  readonly batch: number;
  /** Milliseconds that items are collected for. */
  readonly collect: number;
  /** Rejects when nothing of it was written, or nobody knows. */
  readonly write: (items: readonly Item[]) => Promise<void>;
  readonly meter: WriteBehindMeter;
  readonly log: Logger;
}

/** Writes items to the database in batches, in order, so that nothing else ever waits for it; tries again until it works. */
export class WriteBehind<Item> {
  readonly #queue: BoundedQueue<Item>;
  readonly #backoff = new Backoff({ initial: 500, maximum: 10_000, minimum: 200 }, Math.random);
  #failing = false;
  #writing?: Promise<void>;
  #timer?: NodeJS.Timeout;
  #stopped = false;

  constructor(private readonly options: WriteBehindOptions<Item>) {
    this.#queue = new BoundedQueue(options.waiting);
  }

  get waiting(): number {
    return this.#queue.length;
  }

  push(item: Item): void {
    this.#keep(() => this.#queue.push(item));
    this.#writeIn(this.options.collect);
  }

  /** Writes what waits, as far as that takes no longer. */
  async stop(milliseconds: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      late = setTimeout(resolve, milliseconds);
    });
    const rest = (this.#writing ?? Promise.resolve()).then(() => this.#write());
    await Promise.race([rest, deadline]);
    clearTimeout(late);
    const { what, log } = this.options;
    if (this.waiting > 0)
      log.warn({ count: this.waiting }, `${what} are lost: the database did not take them`);
  }

  #writeIn(milliseconds: number): void {
    if (this.#timer !== undefined || this.#writing !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write().then((wait) => {
        this.#writing = undefined;
        if (wait !== undefined) this.#writeIn(wait);
        else if (this.waiting > 0) this.#writeIn(this.options.collect);
      });
    }, milliseconds);
  }

  /** Writes all that waits. Gives the wait until the next try, when there has to be one. */
  async #write(): Promise<number | undefined> {
    const { batch: size, what, write, meter, log } = this.options;
    let limit = size;
    for (;;) {
      const batch = this.#queue.take(limit);
      if (batch.length === 0) return undefined;
      try {
        await write(batch);
        meter.written(batch.length);
        this.#backoff.reset();
        if (this.#failing) log.info(`${what} are written again`);
        this.#failing = false;
      } catch (error) {
        if (!isRefused(error)) return this.#later(batch, error as Error);
        // One that the table will never take must not take the others with it.
        if (batch.length > 1) {
          this.#keep(() => this.#queue.restore(batch));
          limit = 1;
        } else {
          meter.dropped(1);
          log.error({ error: (error as Error).message }, `one of the ${what} is refused by its table`);
        }
      }
    }
  }

  #later(batch: readonly Item[], error: Error): number {
    this.#keep(() => this.#queue.restore(batch));
    const { what, log } = this.options;
    if (!this.#failing) log.warn({ error: error.message }, `${what} can't be written; they wait in memory`);
    this.#failing = true;
    return this.#backoff.next();
  }

  #keep(change: () => void): void {
    const before = this.#queue.dropped;
    change();
    const dropped = this.#queue.dropped - before;
    if (dropped > 0) this.options.meter.dropped(dropped);
  }
}
