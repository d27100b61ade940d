import type { Logger } from "../../../../lib/service";
import type { Call, CallOutcome } from "../calls/call";
import type { Query } from "../database/database";
import type { PlannedCall } from "./campaign";
import { entryOf, type QueueStore } from "./queue-store";
import { afterCall, type RetryRules } from "./retry";

/**
 * Milliseconds after which a call that the log has as going on, and nobody knows, is taken for lost. No phone rings for so
 * long; a customer who speaks with an agent isn't called again anyway.
 */
const GIVE_UP = 10 * 60_000;

/** Numbers that are looked at in one go. */
const MAX_ROWS = 500;

interface LeftRow {
  readonly id: string;
  readonly campaign_id: string;
  readonly phone_number: string;
  readonly lead: PlannedCall["entry"]["lead"];
  readonly time_zone: string | null;
  readonly attempts: number;
  readonly status: "claimed" | "dialing" | "connected";
  readonly claimed_until: Date;
  readonly call_id: string | null;
  readonly channel_id: string | null;
  readonly retry: RetryRules;
  /** Of the call's row in the log. */
  readonly log_status: string | null;
  readonly log_outcome: CallOutcome | null;
  readonly log_answered_at: Date | null;
  readonly log_ended_at: Date | null;
}

export interface LeftBehindParts {
  readonly query: Query;
  readonly queue: QueueStore;
  readonly instance: string;
  readonly find: (callId: string) => Call | undefined;
  /** Takes over a number whose call goes on here. */
  readonly adopt: (plan: PlannedCall, call: Call) => Promise<void>;
  readonly log: Logger;
}

/**
 * Clears up numbers that nobody has looked after since their lease ran out, because their instance has crashed or was stopped:
 * whose call goes on here is taken over, and of the others the call log tells what has become of them.
 */
export class LeftBehind {
  constructor(private readonly parts: LeftBehindParts) {}

  /** @param own also those whose lease of this instance goes on: it has just started, and knows none of them */
  async clear(now: number, own: boolean): Promise<void> {
    const { query, instance, log } = this.parts;
    const rows = await query<LeftRow>(
      `SELECT entry.id, entry.campaign_id, entry.phone_number, entry.lead, entry.time_zone, entry.attempts, entry.status,
         entry.claimed_until, entry.call_id, entry.channel_id, campaign.retry, log.status AS log_status,
         log.outcome AS log_outcome, log.answered_at AS log_answered_at, log.ended_at AS log_ended_at
       FROM call_control.outbound_queue AS entry
       JOIN call_control.campaigns AS campaign ON campaign.id = entry.campaign_id
       LEFT JOIN call_control.call_log AS log ON log.id = entry.call_id
       WHERE entry.status IN ('claimed', 'dialing', 'connected')
         AND (entry.claimed_until < $1 OR ($2 AND entry.claimed_by = $3))
       ORDER BY entry.claimed_until LIMIT ${MAX_ROWS}`,
      [new Date(now), own, instance],
    );
    for (const row of rows) await this.#clear(row, now);
    if (rows.length > 0) log.info({ numbers: rows.length }, "numbers that were left behind are looked after");
  }

  async #clear(row: LeftRow, now: number): Promise<void> {
    const { queue, find } = this.parts;
    const call = row.call_id === null ? undefined : find(row.call_id);
    if (row.status === "claimed") return this.#putBack(row);
    if (row.call_id === null || row.channel_id === null) return;
    const plan = { entry: entryOf(row), callId: row.call_id, channelId: row.channel_id };
    if (call !== undefined) {
      if (await this.#takeOver(row, now)) await this.parts.adopt(plan, call);
      return;
    }
    const outcome = outcomeOf(row, now);
    if (outcome === undefined) return;
    const endedAt = row.log_ended_at?.getTime() ?? now;
    await queue.settle(plan, outcome, afterCall(outcome, row.attempts, row.retry, endedAt));
  }

  /** Nothing was dialled. */
  async #putBack({ id, claimed_until }: LeftRow): Promise<void> {
    await this.parts.query(
      `UPDATE call_control.outbound_queue SET status = 'waiting', claimed_by = NULL, claimed_until = NULL
       WHERE id = $1 AND status = 'claimed' AND claimed_until = $2`,
      [id, claimed_until],
    );
  }

  async #takeOver({ id, call_id }: LeftRow, now: number): Promise<boolean> {
    const rows = await this.parts.query(
      `UPDATE call_control.outbound_queue SET claimed_by = $3
       WHERE id = $1 AND call_id = $2 AND status IN ('dialing', 'connected') RETURNING id`,
      [id, call_id, this.parts.instance],
    );
    await this.parts.queue.renew([id], now);
    return rows.length > 0;
  }
}

/** What the log says of a call that is not here; undefined: not yet. */
function outcomeOf(row: LeftRow, now: number): CallOutcome | undefined {
  if (row.log_status === "ended") return row.log_outcome ?? "lost";
  // A row that is not there may be on its way yet, as one that is open may be closed by whose call it is.
  if (now - row.claimed_until.getTime() < GIVE_UP) return undefined;
  return row.status === "connected" || row.log_answered_at !== null ? "answered" : "lost";
}
