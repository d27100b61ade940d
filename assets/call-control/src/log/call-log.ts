import { Backoff } from "../../../../lib/ami";
import type { Logger } from "../../../../lib/service";
import { type Clock, systemClock, type Timer } from "../../../../lib/sip/clock";
import type { CallChange } from "../calls/call";
import { isRefused } from "../database/database";
import { type CallRow, toRow } from "./rows";
import { type CallLogStore, PRUNE_BATCH } from "./store";

export interface CallLogLimits {
  /** Calls whose rows wait for the database; beyond, those go that have waited for longest. */
  readonly waiting: number;
  /** Rows of one statement. */
  readonly batch: number;
  /** Milliseconds that changes are collected for. */
  readonly collect: number;
  /** Milliseconds between two removals of what is too old. */
  readonly prune: number;
  /** Milliseconds that the end waits for the last rows. */
  readonly stop: number;
}

const defaultLimits: CallLogLimits = {
  waiting: 100_000,
  batch: 500,
  collect: 5,
  prune: 600_000,
  stop: 5_000,
};

/** Batches in one removal: what is left then waits for the next. */
const MAX_PRUNE_BATCHES = 40;

export interface CallLogMeter {
  /** A row is in the database, so many seconds after the change that it tells of. */
  written(seconds: number): void;
  /** A row will never get there. */
  dropped(): void;
  failed(what: "write" | "prune"): void;
  pruned(count: number): void;
}

export interface CallLogOptions {
  readonly store: Pick<CallLogStore, "upsert" | "prune">;
  readonly instance: string;
  readonly retentionDays: number;
  readonly meter: CallLogMeter;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly limits?: Partial<CallLogLimits>;
}

interface Waiting {
  readonly row: CallRow;
  readonly at: Date;
}

/**
 * Keeps a row of each call. A row tells all of its call, so of those that wait for the database only the latest of each
 * call is kept: a loss of the database costs no change as long as not more than `limits.waiting` calls go by.
 */
export class CallLog {
  readonly #options: CallLogOptions;
  readonly #limits: CallLogLimits;
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #backoff: Backoff;
  readonly #waiting = new Map<string, Waiting>();
  /** Of calls that are up. */
  readonly #versions = new Map<string, number>();
  #writing?: Promise<void>;
  #writeTimer?: Timer;
  #pruneTimer?: Timer;
  #failure?: string;
  #stopped = false;

  constructor(options: CallLogOptions) {
    const { clock = systemClock, now = Date.now, random = Math.random } = options;
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#clock = clock;
    this.#now = now;
    this.#backoff = new Backoff({ initial: 250, maximum: 5_000, minimum: 100 }, random);
  }

  /** Rows that are not in the database yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Why rows can't be written now; undefined while they can. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Removes what is too old, from now on. */
  start(): void {
    this.#pruneTimer = this.#clock.after(this.#limits.prune / 10, () => void this.#prune());
  }

  /** A call that is taken up again goes on from the version of its row. */
  resume(call: string, version: number): void {
    this.#versions.set(call, version);
  }

  readonly change = ({ call, at }: CallChange): void => {
    const version = (this.#versions.get(call.id) ?? 0) + 1;
    if (call.status === "ended") this.#versions.delete(call.id);
    else this.#versions.set(call.id, version);
    this.#add({ row: toRow(call, this.#options.instance, version), at });
    this.#writeIn(this.#limits.collect);
  };

  /** Writes what waits, as far as that is quick. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#writeTimer?.cancel();
    this.#pruneTimer?.cancel();
    let late: Timer | undefined;
    const deadline = new Promise<void>((resolve) => {
      late = this.#clock.after(this.#limits.stop, resolve);
    });
    await Promise.race([(this.#writing ?? Promise.resolve()).then(() => this.#write()), deadline]);
    late?.cancel();
    if (this.#waiting.size > 0) {
      this.#options.log.error({ calls: this.#waiting.size }, "calls are not in the call log as they ended");
    }
  }

  #add(waiting: Waiting): void {
    this.#waiting.set(waiting.row.id, waiting);
    if (this.#waiting.size <= this.#limits.waiting) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
    this.#options.meter.dropped();
  }

  #writeIn(wait: number): void {
    if (this.#writeTimer !== undefined || this.#writing !== undefined || this.#stopped) return;
    this.#writeTimer = this.#clock.after(wait, () => {
      this.#writeTimer = undefined;
      this.#writing = this.#write().then((next) => {
        this.#writing = undefined;
        if (next !== undefined) this.#writeIn(next);
        else if (this.#waiting.size > 0) this.#writeIn(this.#limits.collect);
      });
    });
  }

  /** Writes all that waits. Gives the wait until the next try, when there has to be one. */
  async #write(): Promise<number | undefined> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values()].slice(0, this.#limits.batch);
      try {
        await this.#writeBatch(batch);
      } catch (error) {
        return this.#later(error as Error);
      }
      this.#backoff.reset();
      if (this.#failure !== undefined) this.#options.log.info("the call log is written again");
      this.#failure = undefined;
    }
    return undefined;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const { store, meter, log } = this.#options;
    try {
      await store.upsert(batch.map(({ row }) => row));
    } catch (error) {
      if (!isRefused(error)) throw error;
      if (batch.length > 1) {
        // One of them is at fault, and the others must not go with it.
        for (const one of batch) await this.#writeBatch([one]);
        return;
      }
      meter.dropped();
      const [one] = batch;
      log.error({ call: one?.row.id, error: (error as Error).message }, "the call log's table refuses a row");
    }
    const now = this.#now();
    for (const written of batch) {
      // While it was written, the call may have gone on.
      if (this.#waiting.get(written.row.id) === written) this.#waiting.delete(written.row.id);
      meter.written((now - written.at.getTime()) / 1_000);
    }
  }

  #later(error: Error): number {
    const { meter, log } = this.#options;
    meter.failed("write");
    if (this.#failure === undefined) {
      log.warn({ error: error.message }, "the call log can't be written; calls wait in memory");
    }
    this.#failure = error.message;
    return this.#backoff.next();
  }

  async #prune(): Promise<void> {
    const { store, meter, log, retentionDays } = this.#options;
    try {
      const before = new Date(this.#now() - retentionDays * 86_400_000);
      for (let batch = 0; batch < MAX_PRUNE_BATCHES && !this.#stopped; batch++) {
        const count = await store.prune(before);
        meter.pruned(count);
        if (count < PRUNE_BATCH) break;
      }
    } catch (error) {
      meter.failed("prune");
      log.debug({ error: (error as Error).message }, "the call log can't be shortened now");
    }
    if (!this.#stopped) {
      this.#pruneTimer = this.#clock.after(this.#limits.prune, () => void this.#prune());
    }
  }
}
