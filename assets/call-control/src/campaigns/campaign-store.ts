import { randomUUID } from "node:crypto";
import type { Query } from "../database/database";
import type { Campaign, CampaignSettings, CampaignState } from "./campaign";
import type { Agent, AgentState } from "./desk";
import { ABANDON_WINDOW, type Figures } from "./figures";

const columns = {
  name: "name",
  mode: "mode",
  caller_id: "callerId",
  dial_ratio: "dialRatio",
  abandon_limit: "abandonLimit",
  ring_seconds: "ringSeconds",
  wrap_up_seconds: "wrapUpSeconds",
  calling_hours: "callingHours",
  time_zone: "timeZone",
  retry: "retry",
} as const satisfies Record<string, keyof CampaignSettings>;

type Column = keyof typeof columns;
const names = Object.keys(columns) as Column[];
const read = `id, ${names.map((name) => `${name} AS "${columns[name]}"`).join(", ")}, state,
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** jsonb needs its text: pg would make an array of Postgres' of an array. */
const written = (name: Column, value: unknown) =>
  name === "calling_hours" || name === "retry" ? JSON.stringify(value) : value;

export const queueStatuses = [
  "waiting",
  "claimed",
  "dialing",
  "connected",
  "done",
  "exhausted",
  "blocked",
] as const;
export type QueueStatus = (typeof queueStatuses)[number];

/** How far a campaign is. */
export interface Standing {
  readonly queue: ReadonlyMap<string, number>;
  readonly agents: ReadonlyMap<string, number>;
  /** Within what pacing looks at. */
  readonly answered: number;
  readonly abandoned: number;
}

export interface Minute {
  /** Its beginning. */
  readonly at: Date;
  readonly calls: number;
  readonly answered: number;
  readonly abandoned: number;
}

export interface StoredAgent {
  readonly dn: string;
  readonly campaignId: string;
  readonly state: AgentState;
  readonly since: Date;
  readonly callId: string | null;
}

export interface AgentChange {
  readonly dn: string;
  readonly campaignId: string;
  /** Undefined: has left. */
  readonly agent: Agent | undefined;
}

/** Calls of the log from which figures are made when a campaign is taken over. */
const MAX_CALLS = 10_000;

/** Campaigns and their agents in the database. Numbers: QueueStore and LeadStore. */
export class CampaignStore {
  constructor(private readonly query: Query) {}

  /** Undefined: there is one of this name. */
  async create(settings: CampaignSettings): Promise<Campaign | undefined> {
    const rows = await this.query<Campaign>(
      `INSERT INTO call_control.campaigns (id, ${names.join(", ")})
       VALUES ($1, ${names.map((_, index) => `$${index + 2}`).join(", ")})
       ON CONFLICT (name) DO NOTHING RETURNING ${read}`,
      [randomUUID(), ...names.map((name) => written(name, settings[columns[name]]))],
    );
    return rows[0];
  }

  /** @throws DatabaseError 23505 for a name that another one has */
  async change(id: string, settings: Partial<CampaignSettings>): Promise<Campaign | undefined> {
    const given = names.filter((name) => settings[columns[name]] !== undefined);
    const sets = given.map((name, index) => `${name} = $${index + 2}, `).join("");
    const rows = await this.query<Campaign>(
      `UPDATE call_control.campaigns SET ${sets} updated_at = now() WHERE id = $1 RETURNING ${read}`,
      [id, ...given.map((name) => written(name, settings[columns[name]]))],
    );
    return rows[0];
  }

  async setState(id: string, state: CampaignState): Promise<Campaign | undefined> {
    const rows = await this.query<Campaign>(
      `UPDATE call_control.campaigns SET state = $2, updated_at = now() WHERE id = $1 RETURNING ${read}`,
      [id, state],
    );
    return rows[0];
  }

  /** False: it runs, or numbers of it are being called. */
  async remove(id: string): Promise<boolean> {
    const rows = await this.query(
      `DELETE FROM call_control.campaigns WHERE id = $1 AND state <> 'running' AND NOT EXISTS (
         SELECT FROM call_control.outbound_queue
         WHERE campaign_id = $1 AND status IN ('claimed', 'dialing', 'connected'))
       RETURNING id`,
      [id],
    );
    return rows.length > 0;
  }

  async find(id: string): Promise<Campaign | undefined> {
    const rows = await this.query<Campaign>(`SELECT ${read} FROM call_control.campaigns WHERE id = $1`, [id]);
    return rows[0];
  }

  /** The latest first. */
  list(limit: number): Promise<Campaign[]> {
    return this.query<Campaign>(
      `SELECT ${read} FROM call_control.campaigns ORDER BY created_at DESC, id LIMIT $1`,
      [limit],
    );
  }

  /** Those that run, and others that are asked for. */
  wanted(ids: readonly string[]): Promise<Campaign[]> {
    return this.query<Campaign>(
      `SELECT ${read} FROM call_control.campaigns WHERE state = 'running' OR id = ANY ($1::uuid[])`,
      [ids],
    );
  }

  /** How far campaigns are; in three looks, however many there are. */
  async standings(ids: readonly string[], now: Date): Promise<Map<string, Standing>> {
    interface Count {
      readonly id: string;
      readonly what: string;
      readonly count: number;
    }
    const count = (table: string, what: string) =>
      this.query<Count>(
        `SELECT campaign_id AS id, ${what} AS what, count(*)::int AS count FROM call_control.${table}
         WHERE campaign_id = ANY ($1::uuid[]) GROUP BY 1, 2`,
        [ids],
      );
    const [queue, agents, calls] = await Promise.all([
      count("outbound_queue", "status"),
      count("agents", "state"),
      this.query<{ id: string; answered: number; abandoned: number }>(
        `SELECT campaign_id AS id, count(answered_at)::int AS answered,
           count(*) FILTER (WHERE outcome = 'abandoned')::int AS abandoned
         FROM call_control.call_log
         WHERE campaign_id = ANY ($1::uuid[]) AND started_at > $2 GROUP BY 1`,
        [ids, new Date(now.getTime() - ABANDON_WINDOW)],
      ),
    ]);
    const of = (counts: readonly Count[], id: string) =>
      new Map(counts.filter((one) => one.id === id).map((one) => [one.what, one.count]));
    return new Map(
      ids.map((id) => {
        const { answered = 0, abandoned = 0 } = calls.find((one) => one.id === id) ?? {};
        return [id, { queue: of(queue, id), agents: of(agents, id), answered, abandoned }];
      }),
    );
  }

  /** Calls by the minute in which they began; minutes without any are missing. */
  minutes(id: string, since: Date): Promise<Minute[]> {
    return this.query<Minute>(
      `SELECT date_trunc('minute', started_at) AS at, count(*)::int AS calls, count(answered_at)::int AS answered,
         count(*) FILTER (WHERE outcome = 'abandoned')::int AS abandoned
       FROM call_control.call_log WHERE campaign_id = $1 AND started_at >= $2 GROUP BY 1 ORDER BY 1`,
      [id, since],
    );
  }

  /** Tells figures what the campaign's latest calls were like, so that pacing goes on where another has stopped. */
  async remember(id: string, figures: Figures, now: number): Promise<void> {
    interface LoggedCall {
      readonly started_at: Date;
      readonly answered_at: Date | null;
      readonly ended_at: Date;
      readonly abandoned: boolean;
    }
    const rows = await this.query<LoggedCall>(
      `SELECT started_at, answered_at, ended_at, outcome = 'abandoned' AS abandoned FROM (
         SELECT * FROM call_control.call_log
         WHERE campaign_id = $1 AND started_at > $2 AND status = 'ended' ORDER BY started_at DESC LIMIT ${MAX_CALLS}
       ) AS latest ORDER BY started_at`,
      [id, new Date(now - ABANDON_WINDOW)],
    );
    for (const { started_at, answered_at, ended_at, abandoned } of rows) {
      const rung = answered_at ?? ended_at;
      figures.dialled(rung.getTime(), rung.getTime() - started_at.getTime(), answered_at !== null);
      if (abandoned) figures.abandoned(ended_at.getTime());
      else if (answered_at !== null)
        figures.talked(ended_at.getTime(), ended_at.getTime() - answered_at.getTime());
    }
  }

  agents(campaignId: string): Promise<StoredAgent[]> {
    return this.query<StoredAgent>(
      `SELECT dn, campaign_id AS "campaignId", state, since, call_id AS "callId"
       FROM call_control.agents WHERE campaign_id = $1 ORDER BY dn`,
      [campaignId],
    );
  }

  /** Takes an agent in. False: works for another campaign. */
  async admit(dn: string, campaignId: string, now: Date): Promise<boolean> {
    const rows = await this.query(
      `INSERT INTO call_control.agents AS agent (dn, campaign_id, state, since) VALUES ($1, $2, 'joining', $3)
       ON CONFLICT (dn) DO UPDATE SET state = 'joining', since = $3 WHERE agent.campaign_id = $2
       RETURNING dn`,
      [dn, campaignId, now],
    );
    return rows.length > 0;
  }

  /** Writes how agents are now; of one agent the last one counts. */
  async writeAgents(changes: readonly AgentChange[]): Promise<void> {
    const last = [...new Map(changes.map((change) => [change.dn, change])).values()];
    await this.query(
      `WITH change AS (
         SELECT * FROM jsonb_to_recordset($1::jsonb)
           AS change (dn text, campaign_id uuid, state text, since timestamptz, call_id uuid)
       ), gone AS (
         DELETE FROM call_control.agents AS agent USING change
         WHERE agent.dn = change.dn AND agent.campaign_id = change.campaign_id AND change.state IS NULL
       )
       INSERT INTO call_control.agents AS agent (dn, campaign_id, state, since, call_id)
       SELECT dn, campaign_id, state, since, call_id FROM change WHERE state IS NOT NULL
       ON CONFLICT (dn) DO UPDATE SET state = excluded.state, since = excluded.since, call_id = excluded.call_id
       WHERE agent.campaign_id = excluded.campaign_id`,
      [
        JSON.stringify(
          last.map(({ dn, campaignId, agent }) => ({
            dn,
            campaign_id: campaignId,
            state: agent?.state,
            since: agent && new Date(agent.since),
            call_id: agent?.callId,
          })),
        ),
      ],
    );
  }

  async removeAgent(dn: string, campaignId: string): Promise<boolean> {
    const rows = await this.query(
      "DELETE FROM call_control.agents WHERE dn = $1 AND campaign_id = $2 RETURNING dn",
      [dn, campaignId],
    );
    return rows.length > 0;
  }
}
