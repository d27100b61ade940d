import type { Call, CallOutcome, CallStatus, CallType } from "../calls/call";
import type { Query } from "../database/database";
import { type CallRow, columnNames, toCall } from "./rows";

export const MAX_PAGE = 200;

/** Which calls are wanted; what is not given does not matter. */
export interface CallFilter {
  /** DN. */
  readonly agent?: string;
  /** A DN that speaks in the call: as its agent, or as one of the parties. */
  readonly party?: string;
  /** A number that one of the parties begins with. */
  readonly number?: string;
  readonly type?: CallType;
  readonly status?: CallStatus;
  readonly outcome?: CallOutcome;
  readonly campaignId?: string;
  /** Calls that began at this time or after it. */
  readonly from?: Date;
  /** Calls that began before this time. */
  readonly to?: Date;
}

export interface PageRequest {
  /** 1 to 200. @default 50 */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** A call of the log; `duration` is for how many seconds its parties heard each other. */
export type LoggedCall = Omit<Call, "onHold" | "recordingId" | "consulting"> & { readonly duration?: number };

export interface CallPage {
  /** The latest first. */
  readonly calls: readonly LoggedCall[];
  /** Where the next page begins; missing on the last one. */
  readonly next?: string;
}

/** A cursor that is none of ours. */
export class CursorError extends Error {
  override readonly name = "CursorError";

  constructor() {
    super("cursor: is none that a page gave as `next`; leave it out for the first page");
  }
}

interface Row extends CallRow {
  readonly duration: number | null;
}

/** Reads call_control.call_log. */
export class CallLogReader {
  constructor(private readonly query: Query) {}

  async get(id: string): Promise<LoggedCall | undefined> {
    const [row] = await this.query<Row>(
      `SELECT ${columnNames}, duration FROM call_control.call_log WHERE id = $1`,
      [id],
    );
    return row && toLogged(row);
  }

  /** @throws CursorError */
  async page(filter: CallFilter, { limit = 50, cursor }: PageRequest = {}): Promise<CallPage> {
    const count = Math.min(Math.max(1, limit), MAX_PAGE);
    const values: unknown[] = [];
    const value = (one: unknown) => `$${values.push(one)}`;
    const conditions = [...conditionsOf(filter, value)];
    if (cursor !== undefined) {
      const [at, id] = readCursor(cursor);
      const startedAt = value(at);
      conditions.push(
        `started_at <= ${startedAt} AND (started_at < ${startedAt} OR id > ${value(id)}::uuid)`,
      );
    }
    const rows = await this.query<Row>(
      `SELECT ${columnNames}, duration FROM call_control.call_log
       ${conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`}
       ORDER BY started_at DESC, id LIMIT ${count + 1}`,
      values,
    );
    const page = rows.slice(0, count);
    const last = page.at(-1);
    const next = rows.length > count && last !== undefined ? cursorOf(last) : undefined;
    return { calls: page.map(toLogged), ...(next === undefined ? {} : { next }) };
  }
}

function* conditionsOf(filter: CallFilter, value: (one: unknown) => string): Iterable<string> {
  const { agent, party, number, type, status, outcome, campaignId, from, to } = filter;
  if (agent !== undefined) yield `agent = ${value(agent)}`;
  if (party !== undefined) {
    const dn = value(party);
    yield `(agent = ${dn} OR from_number = ${dn} OR to_number = ${dn})`;
  }
  if (number !== undefined) {
    // Nothing but what is in numbers, so nothing that LIKE would take for a pattern.
    const prefix = value(`${number.replace(/[^+0-9a-z-]/g, "")}%`);
    yield `(from_number LIKE ${prefix} OR to_number LIKE ${prefix})`;
  }
  if (type !== undefined) yield `type = ${value(type)}`;
  if (status !== undefined) yield `status = ${value(status)}`;
  if (outcome !== undefined) yield `outcome = ${value(outcome)}`;
  if (campaignId !== undefined) yield `campaign_id = ${value(campaignId)}::uuid`;
  if (from !== undefined) yield `started_at >= ${value(from)}`;
  if (to !== undefined) yield `started_at < ${value(to)}`;
}

function toLogged(row: Row): LoggedCall {
  const { onHold: _, ...call } = toCall(row);
  return row.duration === null ? call : { ...call, duration: row.duration };
}

function cursorOf({ started_at, id }: CallRow): string {
  return Buffer.from(`${started_at.getTime()} ${id}`).toString("base64url");
}

function readCursor(text: string): readonly [at: Date, id: string] {
  const [, at, id] = /^(\d{1,15}) ([0-9a-f-]{36})$/.exec(Buffer.from(text, "base64url").toString()) ?? [];
  if (at === undefined || id === undefined) throw new CursorError();
  return [new Date(Number(at)), id];
}
