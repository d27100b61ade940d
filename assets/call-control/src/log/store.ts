import type { Query } from "../database/database";
import { type CallRow, columnNames, columns } from "./rows";

/** Rows that one statement removes at most, so that none takes long. */
export const PRUNE_BATCH = 5_000;

/** Calls that may be open when a service starts: more than it can have up. */
const MAX_OPEN = 10_000;

const recordset = columns.map(([name, type]) => `${name} ${type}`).join(", ");
const changed = columns
  .filter(([name]) => name !== "id")
  .map(([name]) => `${name} = excluded.${name}`)
  .join(", ");

/** Writes call_control.call_log. */
export class CallLogStore {
  constructor(private readonly query: Query) {}

  /** Adds rows or brings them up to date; what is older than what is there already changes nothing. */
  async upsert(rows: readonly CallRow[]): Promise<void> {
    await this.query(
      `INSERT INTO call_control.call_log AS log (${columnNames})
       SELECT ${columnNames} FROM jsonb_to_recordset($1::jsonb) AS change (${recordset})
       ON CONFLICT (id) DO UPDATE SET ${changed} WHERE log.version < excluded.version`,
      [JSON.stringify(rows)],
    );
  }

  /** Calls of an instance that have not ended as far as is known, the oldest first. */
  async open(instance: string): Promise<CallRow[]> {
    return this.query<CallRow>(
      `SELECT ${columnNames} FROM call_control.call_log
       WHERE status <> 'ended' AND instance = $1 ORDER BY started_at, id LIMIT ${MAX_OPEN}`,
      [instance],
    );
  }

  /** Removes calls that ended and began before a time, one batch of them. How many that were. */
  async prune(before: Date): Promise<number> {
    const [row] = await this.query<{ count: number }>(
      `WITH gone AS (
         DELETE FROM call_control.call_log WHERE id IN (
           SELECT id FROM call_control.call_log WHERE started_at < $1 AND status = 'ended'
           ORDER BY started_at LIMIT ${PRUNE_BATCH})
         RETURNING 1
       )
       SELECT count(*)::int AS count FROM gone`,
      [before],
    );
    return row?.count ?? 0;
  }
}
