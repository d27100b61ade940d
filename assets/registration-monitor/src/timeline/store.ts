import type { TimelineEntry } from "../changes";
import type { Query } from "../database";
import type { Trouble } from "../rows";

/** Rows that one statement removes at most, so that none takes long. */
export const PRUNE_BATCH = 5_000;

/** DNs whose last error is read back. */
const maxTroubles = 100_000;

export interface HistoryQuery {
  /** Absent: of all DNs. */
  readonly dn?: string;
  /** Ids below this one. */
  readonly before: number;
  /** Ids from this one on. */
  readonly from: number;
  readonly limit: number;
}

interface EntryRecord extends Omit<TimelineEntry, "id" | "at"> {
  /** As text: pg gives no 64-bit numbers. */
  readonly id: string;
  readonly at: Date;
}

/** The timeline in the database: table monitor.dn_changes. */
export class TimelineStore {
  constructor(private readonly query: Query) {}

  /** Adds entries; those that are there already stay as they are. */
  async insert(entries: readonly TimelineEntry[]): Promise<void> {
    await this.query(
      `INSERT INTO monitor.dn_changes (id, at, dn, what, trouble, text)
       SELECT id, at, dn, what, trouble, text
       FROM jsonb_to_recordset($1::jsonb)
         AS entry (id bigint, at timestamptz, dn text, what text, trouble boolean, text text)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(entries)],
    );
  }

  /** The latest first. */
  async read({ dn, before, from, limit }: HistoryQuery): Promise<TimelineEntry[]> {
    const rows = await this.query<EntryRecord>(
      `SELECT id, at, dn, what, trouble, text FROM monitor.dn_changes
       WHERE id < $1 AND id >= $2 ${dn === undefined ? "" : "AND dn = $4"}
       ORDER BY id DESC LIMIT $3`,
      dn === undefined ? [before, from, limit] : [before, from, limit, dn],
    );
    return rows.map((row) => ({ ...row, id: Number(row.id), at: row.at.toISOString() }));
  }

  /** The last error of each DN. */
  async troubles(from: number): Promise<(Trouble & { readonly dn: string })[]> {
    const rows = await this.query<{ dn: string; at: Date; text: string }>(
      `SELECT DISTINCT ON (dn) dn, at, text FROM monitor.dn_changes
       WHERE trouble AND dn IS NOT NULL AND id >= $1
       ORDER BY dn, id DESC LIMIT ${maxTroubles}`,
      [from],
    );
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  }

  /** The id below which there are more than `count` entries above; 0: there are not so many. */
  async idBehind(count: number): Promise<number> {
    const rows = await this.query<{ id: string }>(
      "SELECT id FROM monitor.dn_changes ORDER BY id DESC OFFSET $1 LIMIT 1",
      [count],
    );
    return Number(rows[0]?.id ?? -1) + 1;
  }

  /** Removes the oldest entries with ids below `id`, one batch of them. How many that were. */
  async prune(id: number): Promise<number> {
    const rows = await this.query<{ count: number }>(
      `WITH gone AS (
         DELETE FROM monitor.dn_changes
         WHERE id IN (SELECT id FROM monitor.dn_changes WHERE id < $1 ORDER BY id LIMIT ${PRUNE_BATCH})
         RETURNING 1
       )
       SELECT count(*)::int AS count FROM gone`,
      [id],
    );
    return rows[0]?.count ?? 0;
  }
}
