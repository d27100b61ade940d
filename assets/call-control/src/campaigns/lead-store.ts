import type { Query } from "../database/database";
import type { Lead } from "./campaign";

export interface NewLead {
  /** In E.164 form. */
  readonly phoneNumber: string;
  readonly lead: Lead;
  readonly timeZone?: string;
}

/** What became of an upload; numbers in E.164 form. */
export interface Upload {
  readonly added: number;
  /** In the campaign already. */
  readonly duplicates: readonly string[];
  readonly doNotCall: readonly string[];
}

export interface Listed {
  readonly phoneNumber: string;
  readonly reason: string;
  readonly addedAt: Date;
  readonly addedBy: string;
}

/** Which numbers are to be called, and which never are. */
export class LeadStore {
  constructor(private readonly query: Query) {}

  /** @param leads each number once */
  async add(campaignId: string, leads: readonly NewLead[], now: number): Promise<Upload> {
    const [row] = await this.query<{ added: number; duplicates: string[]; listed: string[] }>(
      `WITH given AS (
         SELECT * FROM jsonb_to_recordset($2::jsonb)
           AS given (place int, phone_number text, lead jsonb, time_zone text)
       ), listed AS (
         SELECT phone_number FROM given JOIN call_control.do_not_call USING (phone_number)
       ), added AS (
         INSERT INTO call_control.outbound_queue (campaign_id, phone_number, lead, time_zone, next_attempt_at, created_at)
         SELECT $1, phone_number, lead, time_zone, $3, $3 FROM given
         WHERE phone_number NOT IN (SELECT phone_number FROM listed) ORDER BY place
         ON CONFLICT (campaign_id, phone_number) DO NOTHING
         RETURNING phone_number
       )
       SELECT (SELECT count(*)::int FROM added) AS added,
         (SELECT coalesce(jsonb_agg(phone_number), '[]') FROM listed) AS listed,
         (SELECT coalesce(jsonb_agg(phone_number), '[]') FROM given
          WHERE phone_number NOT IN (SELECT phone_number FROM listed UNION ALL SELECT phone_number FROM added)
         ) AS duplicates`,
      [
        campaignId,
        JSON.stringify(
          leads.map(({ phoneNumber, lead, timeZone }, place) => ({
            place,
            phone_number: phoneNumber,
            lead,
            time_zone: timeZone,
          })),
        ),
        new Date(now),
      ],
    );
    return { added: row?.added ?? 0, duplicates: row?.duplicates ?? [], doNotCall: row?.listed ?? [] };
  }

  /**
   * Puts a number at the head of a campaign's queue, also one that was called before.
   * @returns its entry; undefined: it's being called, or may not be
   */
  async putFirst(campaignId: string, phoneNumber: string): Promise<string | undefined> {
    const rows = await this.query<{ id: string }>(
      `INSERT INTO call_control.outbound_queue AS entry (campaign_id, phone_number, next_attempt_at)
       SELECT $1, $2, to_timestamp(0)
       WHERE NOT EXISTS (SELECT FROM call_control.do_not_call WHERE phone_number = $2)
       ON CONFLICT (campaign_id, phone_number) DO UPDATE SET status = 'waiting', next_attempt_at = to_timestamp(0)
       WHERE entry.status IN ('waiting', 'done', 'exhausted')
       RETURNING id`,
      [campaignId, phoneNumber],
    );
    return rows[0]?.id;
  }

  /** Puts numbers on the do-not-call list; those that wait are not called any more. */
  async forbid(numbers: readonly string[], reason: string, by: string, now: number): Promise<void> {
    await this.query(
      `WITH listed AS (
         INSERT INTO call_control.do_not_call (phone_number, reason, added_at, added_by)
         SELECT unnest($1::text[]), $2, $3, $4
         ON CONFLICT (phone_number) DO UPDATE SET reason = excluded.reason
         RETURNING phone_number
       )
       UPDATE call_control.outbound_queue AS entry SET status = 'blocked', last_outcome = 'do_not_call'
       FROM listed, call_control.campaigns AS campaign
       WHERE entry.campaign_id = campaign.id AND entry.phone_number = listed.phone_number AND entry.status = 'waiting'`,
      [numbers, reason, new Date(now), by],
    );
  }

  /** Takes a number off the list; where it was waiting it waits again. False: it was not on it. */
  async allow(phoneNumber: string): Promise<boolean> {
    const rows = await this.query<{ count: number }>(
      `WITH allowed AS (
         DELETE FROM call_control.do_not_call WHERE phone_number = $1 RETURNING phone_number
       ), waiting AS (
         UPDATE call_control.outbound_queue AS entry SET status = 'waiting'
         FROM allowed, call_control.campaigns AS campaign
         WHERE entry.campaign_id = campaign.id AND entry.phone_number = allowed.phone_number
           AND entry.status = 'blocked' AND entry.last_outcome = 'do_not_call'
       )
       SELECT count(*)::int AS count FROM allowed`,
      [phoneNumber],
    );
    return (rows[0]?.count ?? 0) > 0;
  }

  /** In the order of numbers. @param after the last one of the page before */
  listed(after: string, limit: number): Promise<Listed[]> {
    return this.query<Listed>(
      `SELECT phone_number AS "phoneNumber", reason, added_at AS "addedAt", added_by AS "addedBy"
       FROM call_control.do_not_call WHERE phone_number > $1 ORDER BY phone_number LIMIT $2`,
      [after, limit],
    );
  }
}
