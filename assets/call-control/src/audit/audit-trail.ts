import type { Logger } from "../../../../lib/service";
import type { Query } from "../database/database";
import { WriteBehind } from "../write-behind";

/** One thing that somebody did, or was refused to do. */
export interface AuditEntry {
  /** When it was asked for. */
  readonly at: Date;
  /** `key:<name>`, `jwt:<subject>`, or `none` when nobody could be made out. */
  readonly actor: string;
  readonly address: string;
  /** `call.originate` */
  readonly action: string;
  /** What it was done to: a call, a number, a recording, a campaign. */
  readonly target?: string;
  /** HTTP's status. */
  readonly status: number;
  /** Of the error. */
  readonly code?: string;
  /** Never a secret. `request` is the request's own id, and tells two writes of one entry from two entries. */
  readonly detail: { readonly request: string } & Readonly<Record<string, unknown>>;
}

export interface AuditMeter {
  written(count: number): void;
  dropped(count: number): void;
}

export interface AuditQuery {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly from?: Date;
  readonly until?: Date;
  /** Ids below this one. */
  readonly before?: string;
  readonly limit: number;
}

export interface AuditRow extends Omit<AuditEntry, "detail"> {
  readonly id: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Entries of refusals without a name in a minute: a stranger must not be able to fill the table. */
const strangersPerMinute = 60;

const MINUTE = 60_000;

/** Rows that one statement removes at most, so that none takes long; and statements in one go. */
const PRUNE_BATCH = 5_000;
const maxPruneBatches = 40;

/** Who did what, in `call_control.audit`. While the database is away, a bounded number of entries waits in memory. */
export class AuditTrail {
  readonly #writer: WriteBehind<AuditEntry>;
  #strangers = 0;
  #minute = 0;
  #pruneTimer?: NodeJS.Timeout;
  #stopped = false;

  constructor(
    private readonly query: Query,
    private readonly retentionDays: number,
    private readonly meter: AuditMeter,
    private readonly log: Logger,
    private readonly now: () => number = Date.now,
  ) {
    this.#writer = new WriteBehind({
      what: "audit entries",
      waiting: 20_000,
      batch: 500,
      collect: 100,
      write: (entries) => this.#insert(entries),
      meter,
      log,
    });
  }

  /** Entries that are not in the database yet. */
  get waiting(): number {
    return this.#writer.waiting;
  }

  start(): void {
    this.#pruneIn(MINUTE);
  }

  record(entry: AuditEntry): void {
    if (entry.actor !== "none" || this.#admitsStranger()) this.#writer.push(entry);
    else this.meter.dropped(1);
  }

  /** The latest first. */
  read({ actor, action, target, from, until, before, limit }: AuditQuery): Promise<AuditRow[]> {
    return this.query<AuditRow>(
      `SELECT id::text, at, actor, address, action, target, status, code, detail FROM call_control.audit
       WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR action = $2)
         AND ($3::text IS NULL OR target = $3)
         AND at >= coalesce($4::timestamptz, '-infinity') AND at < coalesce($5::timestamptz, 'infinity')
         AND ($6::bigint IS NULL OR id < $6)
       ORDER BY id DESC LIMIT $7`,
      [actor ?? null, action ?? null, target ?? null, from ?? null, until ?? null, before ?? null, limit],
    );
  }

  /** Writes what waits, as far as that is quick. */
  async stop(milliseconds: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#pruneTimer);
    await this.#writer.stop(milliseconds);
  }

  #admitsStranger(): boolean {
    const minute = Math.floor(this.now() / MINUTE);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#strangers = 0;
    }
    return ++this.#strangers <= strangersPerMinute;
  }

  /** An insert whose answer was lost is sent again: what is there already stays the one. */
  async #insert(entries: readonly AuditEntry[]): Promise<void> {
    await this.query(
      `INSERT INTO call_control.audit (at, actor, address, action, target, status, code, detail)
       SELECT at, actor, address, action, target, status, code, detail
       FROM jsonb_to_recordset($1::jsonb) AS entry (
         at timestamptz, actor text, address text, action text, target text, status integer, code text, detail jsonb)
       WHERE NOT EXISTS (
         SELECT FROM call_control.audit AS there
         WHERE there.at = entry.at AND there.detail->>'request' = entry.detail->>'request')
       ORDER BY entry.at`,
      [textOf(entries)],
    );
  }

  #pruneIn(milliseconds: number): void {
    if (!this.#stopped) this.#pruneTimer = setTimeout(() => void this.#prune(), milliseconds);
  }

  async #prune(): Promise<void> {
    try {
      for (let batch = 0; batch < maxPruneBatches && !this.#stopped; batch++) {
        const gone = await this.query(
          `DELETE FROM call_control.audit WHERE id IN (
             SELECT id FROM call_control.audit WHERE at < $1 ORDER BY at LIMIT ${PRUNE_BATCH})
           RETURNING id`,
          [new Date(this.now() - this.retentionDays * 24 * 60 * MINUTE)],
        );
        if (gone.length < PRUNE_BATCH) break;
      }
    } catch (error) {
      this.log.debug({ error: (error as Error).message }, "old audit entries can't be removed now");
    }
    this.#pruneIn(60 * MINUTE);
  }
}

/** PostgreSQL's text takes no NUL; no other control character is of use in what operators read. */
function textOf(entries: readonly AuditEntry[]): string {
  return JSON.stringify(entries, (_, value: unknown) =>
    typeof value === "string" ? value.slice(0, 500).replace(/\p{C}+/gu, " ") : value,
  );
}
