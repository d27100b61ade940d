import type { Query } from "../database/database";

/** What one webhook is to be told. */
export interface Event {
  readonly webhook: string;
  /** UUID. */
  readonly eventId: string;
  readonly at: Date;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a lane has claimed. */
export interface Delivery {
  /** Rises from event to event: it says which one came first. */
  readonly id: string;
  readonly eventId: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly at: Date;
  readonly attempts: number;
}

/** Seconds for which a claim holds: longer than a delivery may take. A crash leaves the row claimed until then. */
const CLAIM = 30;

/** Rows that one statement removes at most. */
const PRUNE_BATCH = 5_000;

/** The outbox, `call_control.webhook_deliveries`. */
export class DeliveryStore {
  constructor(private readonly query: Query) {}

  /** Those that are there already stay as they are. */
  async insert(events: readonly Event[]): Promise<void> {
    const rows = events.map(({ webhook, eventId, at, body }) => ({ webhook, event_id: eventId, at, body }));
    await this.query(
      `INSERT INTO call_control.webhook_deliveries (webhook, event_id, body, created_at)
       SELECT webhook, event_id, body, at
       FROM jsonb_to_recordset($1::jsonb) AS event (webhook text, event_id uuid, body jsonb, at timestamptz)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(rows)],
    );
  }

  /** Takes what is due, the oldest first, so that no other instance does. */
  async claim(webhook: string, limit: number): Promise<Delivery[]> {
    const rows = await this.query<Delivery>(
      `UPDATE call_control.webhook_deliveries AS row
       SET attempts = attempts + 1, claimed_until = now() + interval '${CLAIM} seconds'
       FROM (
         SELECT id FROM call_control.webhook_deliveries
         WHERE webhook = $1 AND next_attempt_at <= now() AND (claimed_until IS NULL OR claimed_until <= now())
         ORDER BY next_attempt_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
       ) AS due
       WHERE row.id = due.id
       RETURNING row.id::text, event_id AS "eventId", body, created_at AS at, attempts`,
      [webhook, limit],
    );
    return rows.sort((a, b) => Number(a.id) - Number(b.id));
  }

  /** A row goes when it was told, or given up. */
  async remove(id: string): Promise<void> {
    await this.query("DELETE FROM call_control.webhook_deliveries WHERE id = $1", [id]);
  }

  async postpone(id: string, seconds: number, error: string): Promise<void> {
    await this.query(
      `UPDATE call_control.webhook_deliveries
       SET claimed_until = NULL, next_attempt_at = now() + make_interval(secs => $2), last_error = $3 WHERE id = $1`,
      [id, seconds, error.slice(0, 500)],
    );
  }

  /** How many wait, by webhook. */
  async pending(): Promise<Map<string, number>> {
    const rows = await this.query<{ webhook: string; count: number }>(
      "SELECT webhook, count(*)::int AS count FROM call_control.webhook_deliveries GROUP BY webhook",
    );
    return new Map(rows.map(({ webhook, count }) => [webhook, count]));
  }

  /**
   * Removes what is older, and what is beyond the newest `most` of a webhook; one batch of them. What is for a webhook that
   * is none any more grows old.
   * @returns how many of each webhook
   */
  async prune(hours: number, most: number): Promise<Map<string, number>> {
    const rows = await this.query<{ webhook: string }>(
      `DELETE FROM call_control.webhook_deliveries WHERE id IN (
         SELECT id FROM (
           SELECT id, webhook, created_at, row_number() OVER (PARTITION BY webhook ORDER BY id DESC) AS place
           FROM call_control.webhook_deliveries
         ) AS placed
         WHERE created_at < now() - make_interval(hours => $1) OR place > $2
         ORDER BY id LIMIT ${PRUNE_BATCH})
       RETURNING webhook`,
      [hours, most],
    );
    const counts = new Map<string, number>();
    for (const { webhook } of rows) counts.set(webhook, (counts.get(webhook) ?? 0) + 1);
    return counts;
  }
}
