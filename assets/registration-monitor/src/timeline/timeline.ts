import { Backoff } from "../../../../lib/ami";
import { BoundedQueue, type Logger } from "../../../../lib/service";
import type { Subject, TimelineEntry } from "../changes";
import type { MonitorConfig } from "../config";
import type { Trouble } from "../rows";
import { PRUNE_BATCH, type TimelineStore } from "./store";

export interface TimelineLimits {
  /** Entries that wait for the database. */
  readonly waiting: number;
  /** Entries that are kept in memory, for when the database is away. */
  readonly recent: number;
  /** Entries that one statement inserts. */
  readonly batch: number;
  /** Milliseconds that entries are collected for. */
  readonly collect: number;
  /** Milliseconds between two removals of what is too old. */
  readonly prune: number;
  /** Milliseconds that the end waits for the last entries. */
  readonly stop: number;
}

const defaultLimits: TimelineLimits = {
  waiting: 20_000,
  recent: 1_000,
  batch: 1_000,
  collect: 500,
  prune: 60_000,
  stop: 2_000,
};

/** Characters of an entry; the table takes no more. */
const maxText = 500;

/** Batches in one removal: what is left then waits for the next. */
const maxPruneBatches = 40;

export interface TimelineMeter {
  written(count: number): void;
  dropped(count: number): void;
  pruned(count: number): void;
  failed(what: "write" | "prune" | "read"): void;
}

/** What the page says about it. */
export interface TimelineSight {
  /** False: the database does not take entries now. */
  readonly live: boolean;
  readonly reason: string | null;
  /** Entries that wait for the database to come back. */
  readonly waiting: number;
  /** Entries that never got there. */
  readonly dropped: number;
}

export interface History {
  /** False: the database could not be asked, and these are the latest only. */
  readonly complete: boolean;
  readonly reason: string | null;
  /** The latest first. */
  readonly changes: readonly TimelineEntry[];
}

/**
 * The changes of the last hours. Entries go to the database in batches; while it is away, a bounded number of them
 * waits in memory. Nothing else ever waits for the database.
 */
export class Timeline {
  readonly #queue: BoundedQueue<TimelineEntry>;
  readonly #backoff = new Backoff({ initial: 1_000, maximum: 30_000, minimum: 500 }, Math.random);
  #recent: TimelineEntry[] = [];
  #lastId = 0;
  #rejected = 0;
  #failure: string | null = null;
  #writing?: Promise<void>;
  #writeTimer?: NodeJS.Timeout;
  #pruneTimer?: NodeJS.Timeout;
  #stopped = false;

  constructor(
    private readonly store: TimelineStore,
    private readonly config: MonitorConfig["timeline"],
    private readonly meter: TimelineMeter,
    private readonly log: Logger,
    private readonly limits: TimelineLimits = defaultLimits,
    private readonly now: () => number = Date.now,
  ) {
    this.#queue = new BoundedQueue(limits.waiting);
  }

  /** Entries that are not in the database yet, if only because they are being collected. */
  get waiting(): number {
    return this.#queue.length;
  }

  get sight(): TimelineSight {
    const dropped = this.#queue.dropped + this.#rejected;
    const live = this.#failure === null;
    return { live, reason: this.#failure, waiting: live ? 0 : this.waiting, dropped };
  }

  /** Removes what is too old, from now on. */
  start(): void {
    this.#pruneTimer = setTimeout(() => void this.#prune(), this.limits.prune / 10);
  }

  /** Takes an entry in, and gives it as it is shown. */
  add(dn: string | null, what: Subject, text: string, trouble: boolean): TimelineEntry {
    const now = this.now();
    // A clock that was set back must not make an id twice.
    this.#lastId = Math.max(this.#lastId + 1, now * 1_000);
    const at = new Date(now).toISOString();
    const entry = { id: this.#lastId, at, dn, what, trouble, text: printable(text) };
    const before = this.#queue.dropped;
    this.#queue.push(entry);
    this.meter.dropped(this.#queue.dropped - before);
    this.#recent.push(entry);
    if (this.#recent.length >= this.limits.recent * 2) this.#recent = this.#recent.slice(-this.limits.recent);
    this.#writeIn(this.limits.collect);
    return entry;
  }

  /** The latest entries with ids below `before`, of one DN or of all. */
  async history(limit: number, before = Number.MAX_SAFE_INTEGER, dn?: string): Promise<History> {
    const from = this.#oldest();
    const fits = (entry: TimelineEntry) => entry.id < before && (dn === undefined || entry.dn === dn);
    const entries = new Map(this.#recent.filter(fits).map((entry) => [entry.id, entry]));
    let reason: string | null = null;
    try {
      for (const entry of await this.store.read({ dn, before, from, limit })) entries.set(entry.id, entry);
    } catch (error) {
      this.meter.failed("read");
      reason = (error as Error).message;
    }
    const changes = [...entries.values()].sort((a, b) => b.id - a.id).slice(0, limit);
    return { complete: reason === null, reason, changes };
  }

  /** The last error of each DN. */
  troubles(): Promise<(Trouble & { readonly dn: string })[]> {
    return this.store.troubles(this.#oldest());
  }

  /** Writes what waits, as far as that is quick. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#writeTimer);
    clearTimeout(this.#pruneTimer);
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      late = setTimeout(resolve, this.limits.stop);
    });
    await Promise.race([(this.#writing ?? Promise.resolve()).then(() => this.#write()), deadline]);
    clearTimeout(late);
    if (this.#queue.length > 0)
      this.log.warn({ changes: this.#queue.length }, "changes are not in the timeline");
  }

  #oldest(): number {
    return (this.now() - this.config.retentionHours * 3_600_000) * 1_000;
  }

  #writeIn(wait: number): void {
    if (this.#writeTimer !== undefined || this.#writing !== undefined || this.#stopped) return;
    this.#writeTimer = setTimeout(() => {
      this.#writeTimer = undefined;
      this.#writing = this.#write().then((next) => {
        this.#writing = undefined;
        if (next !== undefined) this.#writeIn(next);
      });
    }, wait);
  }

  /** Writes all that waits. Gives the wait until the next try, when there has to be one. */
  async #write(): Promise<number | undefined> {
    for (;;) {
      const batch = this.#queue.take(this.limits.batch);
      if (batch.length === 0) return undefined;
      try {
        await this.store.insert(batch);
        this.meter.written(batch.length);
        this.#backoff.reset();
        if (this.#failure !== null) this.log.info("the timeline is written again");
        this.#failure = null;
      } catch (error) {
        this.meter.failed("write");
        if (isRefused(error)) this.#reject(batch, error as Error);
        else return this.#later(batch, error as Error);
      }
    }
  }

  #later(batch: readonly TimelineEntry[], error: Error): number {
    const before = this.#queue.dropped;
    this.#queue.restore(batch);
    this.meter.dropped(this.#queue.dropped - before);
    if (this.#failure === null) {
      this.log.warn({ error: error.message }, "the timeline can't be written; changes wait in memory");
    }
    this.#failure = error.message;
    return this.#backoff.next();
  }

  /** The database will never take these: trying again would keep all others waiting. */
  #reject(batch: readonly TimelineEntry[], error: Error): void {
    this.#rejected += batch.length;
    this.meter.dropped(batch.length);
    this.log.error(
      { error: error.message, changes: batch.length },
      "changes are refused by the timeline's table",
    );
  }

  async #prune(): Promise<void> {
    try {
      const id = Math.max(this.#oldest(), await this.store.idBehind(this.config.maxRows));
      for (let batch = 0; batch < maxPruneBatches && !this.#stopped; batch++) {
        const count = await this.store.prune(id);
        this.meter.pruned(count);
        if (count < PRUNE_BATCH) break;
      }
    } catch (error) {
      this.meter.failed("prune");
      this.log.debug({ error: (error as Error).message }, "the timeline can't be shortened now");
    }
    if (!this.#stopped) this.#pruneTimer = setTimeout(() => void this.#prune(), this.limits.prune);
  }
}

/** SQLSTATE classes 22 and 23: the data is wrong, not the moment. */
function isRefused(error: unknown): boolean {
  return /^2[23]/.test((error as { code?: string }).code ?? "");
}

/** One line without control characters, cut short. */
function printable(text: string): string {
  // Cut first: half a surrogate pair is one of the characters that go.
  return text.slice(0, maxText).replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ");
}
