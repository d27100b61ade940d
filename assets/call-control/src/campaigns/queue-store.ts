import type { CallOutcome } from "../calls/call";
import type { Query } from "../database/database";
import { CallingHours } from "./calling-hours";
import type { Campaign, Lead, PlannedCall, Queue, QueueEntry, Withdrawal } from "./campaign";
import type { Verdict } from "./retry";

/** Milliseconds for which a number is an instance's before others may look after it. */
export const LEASE = 60_000;

/** Numbers that one statement claims at most; more are looked at than are wanted when some may not be called now. */
const MAX_CLAIM = 200;

/** Statements of one claim, when the customers of many numbers sleep. */
const MAX_ROUNDS = 5;

interface EntryRow {
  readonly id: string;
  readonly campaign_id: string;
  readonly phone_number: string;
  readonly lead: Lead;
  readonly time_zone: string | null;
  readonly attempts: number;
}

const entryColumns =
  "entry.id, entry.campaign_id, entry.phone_number, entry.lead, entry.time_zone, entry.attempts";

/** Not on the do-not-call list. */
const mayBeCalled = `NOT EXISTS (
  SELECT FROM call_control.do_not_call AS listed WHERE listed.phone_number = entry.phone_number)`;

/** The numbers of campaigns in call_control.outbound_queue, as one instance sees them. */
export class QueueStore implements Queue {
  constructor(
    private readonly query: Query,
    private readonly instance: string,
  ) {}

  async claim(campaign: Campaign, count: number, now: number): Promise<QueueEntry[]> {
    const hours = new CallingHours(campaign.callingHours);
    const claimed: QueueEntry[] = [];
    for (let round = 0; round < MAX_ROUNDS && claimed.length < count; round++) {
      // Where the first ones sleep, many do.
      const wanted = Math.min(MAX_CLAIM, (count - claimed.length) * (round === 0 ? 1 : 10));
      const rows = await this.#take(campaign.id, wanted, now);
      const later: { id: string; at: Date }[] = [];
      for (const row of rows) {
        const next = hours.next(now, row.time_zone ?? campaign.timeZone);
        if (next > now) later.push({ id: row.id, at: new Date(next) });
        else claimed.push(entryOf(row));
      }
      if (later.length > 0) await this.#putOff(later);
      if (rows.length < wanted) break;
    }
    await this.release(claimed.splice(count));
    return claimed;
  }

  /** Claims one number of a campaign, whenever it is due. Undefined: it's being called, or may not be. */
  async claimOne(id: string, now: number): Promise<QueueEntry | undefined> {
    const rows = await this.query<EntryRow>(
      `UPDATE call_control.outbound_queue AS entry
       SET status = 'claimed', claimed_by = $2, claimed_until = $3
       WHERE entry.id = $1 AND entry.status = 'waiting' AND ${mayBeCalled}
       RETURNING ${entryColumns}`,
      [id, this.instance, new Date(now + LEASE)],
    );
    return rows.map(entryOf)[0];
  }

  async begin(calls: readonly PlannedCall[], now: number): Promise<PlannedCall[]> {
    const rows = await this.query<EntryRow>(
      `UPDATE call_control.outbound_queue AS entry
       SET status = 'dialing', attempts = entry.attempts + 1, call_id = call.call_id, channel_id = call.channel_id,
         agent = NULL, claimed_until = $3
       FROM jsonb_to_recordset($1::jsonb) AS call (id bigint, call_id uuid, channel_id text)
       WHERE entry.id = call.id AND entry.status = 'claimed' AND entry.claimed_by = $2
         AND entry.claimed_until > $4 AND ${mayBeCalled}
       RETURNING ${entryColumns}`,
      [
        JSON.stringify(
          calls.map(({ entry, callId, channelId }) => ({
            id: entry.id,
            call_id: callId,
            channel_id: channelId,
          })),
        ),
        this.instance,
        new Date(now + LEASE),
        new Date(now),
      ],
    );
    const begun = new Map(rows.map((row) => [row.id, entryOf(row)]));
    return calls.flatMap((call) => {
      const entry = begun.get(call.entry.id);
      return entry === undefined ? [] : [{ ...call, entry }];
    });
  }

  async release(entries: readonly QueueEntry[], nextAttemptAt?: number): Promise<void> {
    if (entries.length === 0) return;
    await this.query(
      `UPDATE call_control.outbound_queue
       SET status = 'waiting', claimed_by = NULL, claimed_until = NULL, next_attempt_at = coalesce($3, next_attempt_at)
       WHERE id = ANY ($1::bigint[]) AND status = 'claimed' AND claimed_by = $2`,
      [
        entries.map(({ id }) => id),
        this.instance,
        nextAttemptAt === undefined ? null : new Date(nextAttemptAt),
      ],
    );
  }

  async withdraw({ entry, callId }: PlannedCall, outcome: string, to: Withdrawal): Promise<void> {
    await this.#end(entry.id, callId, outcome, to, 1);
  }

  async settle({ entry, callId }: PlannedCall, outcome: CallOutcome, verdict: Verdict): Promise<void> {
    await this.#end(entry.id, callId, outcome, verdict, 0);
  }

  async connected({ entry, callId }: PlannedCall, agent: string): Promise<void> {
    await this.query(
      `UPDATE call_control.outbound_queue SET status = 'connected', agent = $3
       WHERE id = $1 AND call_id = $2 AND status = 'dialing'`,
      [entry.id, callId, agent],
    );
  }

  async nextDue(campaignId: string): Promise<number | undefined> {
    const rows = await this.query<{ at: Date }>(
      `SELECT entry.next_attempt_at AS at FROM call_control.outbound_queue AS entry
       WHERE entry.campaign_id = $1 AND entry.status = 'waiting' AND ${mayBeCalled}
       ORDER BY entry.next_attempt_at, entry.id LIMIT 1`,
      [campaignId],
    );
    return rows[0]?.at.getTime();
  }

  async finish(campaignId: string): Promise<boolean> {
    // Numbers that were put on the do-not-call list while they were being called.
    await this.query(
      `UPDATE call_control.outbound_queue AS entry SET status = 'blocked', last_outcome = 'do_not_call'
       WHERE entry.campaign_id = $1 AND entry.status = 'waiting' AND NOT (${mayBeCalled})`,
      [campaignId],
    );
    const rows = await this.query(
      `UPDATE call_control.campaigns SET state = 'finished', updated_at = now()
       WHERE id = $1 AND state = 'running' AND NOT EXISTS (
         SELECT FROM call_control.outbound_queue
         WHERE campaign_id = $1 AND status IN ('waiting', 'claimed', 'dialing', 'connected'))
       RETURNING id`,
      [campaignId],
    );
    return rows.length > 0;
  }

  /** Keeps numbers this instance's. */
  async renew(ids: readonly string[], now: number): Promise<void> {
    if (ids.length === 0) return;
    await this.query(
      `UPDATE call_control.outbound_queue SET claimed_until = $3
       WHERE id = ANY ($1::bigint[]) AND claimed_by = $2`,
      [ids, this.instance, new Date(now + LEASE)],
    );
  }

  async #take(campaignId: string, count: number, now: number): Promise<EntryRow[]> {
    const rows = await this.query<EntryRow & { next_attempt_at: Date }>(
      `WITH due AS (
         SELECT entry.id FROM call_control.outbound_queue AS entry
         WHERE entry.campaign_id = $1 AND entry.status = 'waiting' AND entry.next_attempt_at <= $2 AND ${mayBeCalled}
         ORDER BY entry.next_attempt_at, entry.id
         LIMIT $3
         FOR UPDATE OF entry SKIP LOCKED
       )
       UPDATE call_control.outbound_queue AS entry
       SET status = 'claimed', claimed_by = $4, claimed_until = $5
       FROM due WHERE entry.id = due.id
       RETURNING ${entryColumns}, entry.next_attempt_at`,
      [campaignId, new Date(now), count, this.instance, new Date(now + LEASE)],
    );
    // RETURNING keeps no order.
    return rows.sort(
      (a, b) => a.next_attempt_at.getTime() - b.next_attempt_at.getTime() || Number(a.id) - Number(b.id),
    );
  }

  /** Back to those who wait, until their customers may be called. */
  async #putOff(later: readonly { readonly id: string; readonly at: Date }[]): Promise<void> {
    await this.query(
      `UPDATE call_control.outbound_queue AS entry
       SET status = 'waiting', claimed_by = NULL, claimed_until = NULL, next_attempt_at = later.at
       FROM jsonb_to_recordset($1::jsonb) AS later (id bigint, at timestamptz)
       WHERE entry.id = later.id AND entry.status = 'claimed' AND entry.claimed_by = $2`,
      [JSON.stringify(later), this.instance],
    );
  }

  /** The call's id makes this happen once: the next call to the number has another. */
  async #end(
    id: string,
    callId: string,
    outcome: string,
    to: Verdict | Withdrawal,
    uncounted: 0 | 1,
  ): Promise<void> {
    await this.query(
      `UPDATE call_control.outbound_queue
       SET status = $3, last_outcome = $4, next_attempt_at = coalesce($5, next_attempt_at), attempts = attempts - $6,
         claimed_by = NULL, claimed_until = NULL
       WHERE id = $1 AND call_id = $2 AND status IN ('dialing', 'connected')`,
      [
        id,
        callId,
        to.status,
        outcome,
        to.status === "waiting" ? new Date(to.nextAttemptAt) : null,
        uncounted,
      ],
    );
  }
}

export function entryOf(row: EntryRow): QueueEntry {
  return {
    id: row.id,
    campaignId: row.campaign_id,
    phoneNumber: row.phone_number,
    lead: row.lead,
    timeZone: row.time_zone,
    attempts: row.attempts,
  };
}
