import type { Call, CallOutcome, CallStatus, CallType } from "../calls/call";

/** A row of call_control.call_log, as the database has it. */
export interface CallRow {
  readonly id: string;
  readonly channel_id: string;
  readonly peer_channel_id: string | null;
  readonly type: CallType;
  readonly status: CallStatus;
  readonly from_number: string;
  readonly to_number: string;
  readonly agent: string | null;
  readonly campaign_id: string | null;
  /** As text: pg gives no 64-bit numbers. */
  readonly queue_entry_id: string | null;
  readonly trunk: string | null;
  readonly started_at: Date;
  readonly answered_at: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: CallOutcome | null;
  readonly cause: number | null;
  readonly cause_text: string | null;
  /** The service's instance that has the call. */
  readonly instance: string;
  /** Grows with every change of the call. */
  readonly version: number;
}

/** Everything of a row but its generated duration, in the order of the statements. */
export const columns = [
  ["id", "uuid"],
  ["channel_id", "text"],
  ["peer_channel_id", "text"],
  ["type", "text"],
  ["status", "text"],
  ["from_number", "text"],
  ["to_number", "text"],
  ["agent", "text"],
  ["campaign_id", "uuid"],
  ["queue_entry_id", "bigint"],
  ["trunk", "text"],
  ["started_at", "timestamptz"],
  ["answered_at", "timestamptz"],
  ["ended_at", "timestamptz"],
  ["outcome", "text"],
  ["cause", "integer"],
  ["cause_text", "text"],
  ["instance", "text"],
  ["version", "integer"],
] as const satisfies readonly (readonly [keyof CallRow, string])[];

export const columnNames = columns.map(([name]) => name).join(", ");

/** Characters of Asterisk's words for a cause that are kept. */
const MAX_TEXT = 200;

export function toRow(call: Call, instance: string, version: number): CallRow {
  return {
    id: call.id,
    channel_id: call.channelId,
    peer_channel_id: call.peerChannelId ?? null,
    type: call.type,
    status: call.status,
    from_number: call.from,
    to_number: call.to,
    agent: call.agent ?? null,
    campaign_id: call.campaignId ?? null,
    queue_entry_id: call.queueEntryId ?? null,
    trunk: call.trunk ?? null,
    started_at: call.startedAt,
    answered_at: call.answeredAt ?? null,
    ended_at: call.endedAt ?? null,
    outcome: call.outcome ?? null,
    cause: call.cause ?? null,
    cause_text: call.causeText?.slice(0, MAX_TEXT) ?? null,
    instance,
    version,
  };
}

/** The call of a row; whether it is on hold, or recorded, no row tells. */
export function toCall(row: CallRow): Call {
  return {
    id: row.id,
    channelId: row.channel_id,
    type: row.type,
    status: row.status,
    from: row.from_number,
    to: row.to_number,
    startedAt: row.started_at,
    onHold: false,
    ...given({
      peerChannelId: row.peer_channel_id,
      agent: row.agent,
      campaignId: row.campaign_id,
      queueEntryId: row.queue_entry_id,
      trunk: row.trunk,
      answeredAt: row.answered_at,
      endedAt: row.ended_at,
      outcome: row.outcome,
      cause: row.cause,
      causeText: row.cause_text,
    }),
  };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], null> };

function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Given<T>;
}
