import { z } from "zod";
import { mayKnow } from "../access/principal";
import { type Call, callOutcomes, callStatuses, callTypes } from "../calls/call";
import { CallError, type Calls } from "../calls/calls";
import { callSchema, callView } from "./call-view";
import { ApiError, errorSchema } from "./errors";
import { type Recording, recordingSchema, recordingView } from "./recording-view";
import { principalOf, type Routes } from "./route";
import { dn, id, limit, moment, uuid } from "./words";

/** Which calls of the log; what is left out is any. */
export interface CallFilter {
  /** Who called or was called begins with this: digits, or `+` and digits, or a queue's name. */
  readonly number?: string;
  readonly agent?: string;
  /** Only calls in which this DN speaks: as agent, caller or called. */
  readonly party?: string;
  readonly type?: Call["type"];
  readonly status?: Call["status"];
  readonly outcome?: NonNullable<Call["outcome"]>;
  readonly campaignId?: string;
  /** Begun at or after, and before. */
  readonly from?: Date;
  readonly to?: Date;
}

/** A place in the log: of the last call that was shown. */
export interface CallPlace {
  readonly startedAt: Date;
  readonly id: string;
}

/** The log of calls, ended ones and those that are up. */
export interface CallLogReader {
  /** The latest first, at most so many, behind a place. @throws DatabaseAway */
  list(filter: CallFilter, limit: number, after?: CallPlace): Promise<Call[]>;
  /** @throws DatabaseAway */
  find(id: string): Promise<Call | undefined>;
}

export interface CallLogRoutesOptions {
  readonly calls: Pick<Calls, "find">;
  readonly log: CallLogReader;
  readonly recordingsOf: (callId: string) => Promise<readonly Recording[]>;
}

const listQuery = z.strictObject({
  number: z
    .string()
    .regex(/^(\+?[0-9]{1,20}|[a-z][a-z0-9-]{0,31})$/, "is not the beginning of a number, nor a queue's name")
    .optional()
    .meta({ description: "Who called or was called begins with this." }),
  agent: dn.optional(),
  type: z.enum(callTypes).optional(),
  status: z.enum(callStatuses).optional(),
  outcome: z.enum(callOutcomes).optional(),
  campaign_id: uuid.optional(),
  from: moment.optional().meta({ description: "Begun then or later." }),
  to: moment.optional().meta({ description: "Begun before." }),
  limit: limit(200, 50),
  cursor: z.string().max(200).optional().meta({ description: "`next` of the page before." }),
});

const pageSchema = z.object({
  calls: z.array(callSchema),
  next: z.string().nullable().meta({ description: "The cursor of the next page; null: there is none." }),
});

const tags = ["calls"];

/** The log, by pages and one by one. */
export function callLogRoutes({ calls, log, recordingsOf }: CallLogRoutesOptions): Routes {
  /** A call that is up is shown as it is now: its row may be older. */
  const latest = (call: Call) => calls.find(call.id) ?? call;

  return async (app) => {
    app.get(
      "/telephony/calls/",
      {
        config: { scope: "calls:read" },
        schema: {
          summary: "The call log",
          description: "The latest first. Calls that are up are in it, too.",
          tags,
          querystring: listQuery,
          response: { 200: pageSchema, 422: errorSchema },
        },
      },
      async (request) => {
        const { limit, cursor, campaign_id: campaignId, ...rest } = request.query;
        const { agent: party } = principalOf(request);
        const filter = { ...rest, campaignId, party };
        // One more tells whether there is a next page.
        const found = await log.list(
          filter,
          limit + 1,
          cursor === undefined ? undefined : readCursor(cursor),
        );
        const page = found.slice(0, limit);
        const last = page.at(-1);
        return {
          calls: page.map(latest).map(callView),
          next: found.length > limit && last !== undefined ? cursorOf(last) : null,
        };
      },
    );

    app.get(
      "/telephony/calls/:id/",
      {
        config: { scope: "calls:read" },
        schema: {
          summary: "A call, and its recordings",
          tags,
          params: z.object({ id }),
          response: { 200: detailSchema, 404: errorSchema },
        },
      },
      async (request) => {
        const call = await expectCall(request.params.id);
        if (!mayKnow(principalOf(request), call)) throw unknown(request.params.id);
        return { ...callView(call), recordings: (await recordingsOf(call.id)).map(recordingView) };
      },
    );
  };

  async function expectCall(wanted: string): Promise<Call> {
    const call = calls.find(wanted) ?? (isUuid(wanted) ? await log.find(wanted) : undefined);
    if (call === undefined) throw unknown(wanted);
    return call;
  }
}

const detailSchema = z.object({ ...callSchema.shape, recordings: z.array(recordingSchema) });

function unknown(call: string): CallError {
  return new CallError("CALL_NOT_FOUND", `no call ${call} is up, nor in the log`);
}

function isUuid(text: string): boolean {
  return uuid.safeParse(text).success;
}

/** Opaque to who uses it. */
function cursorOf({ startedAt, id: last }: CallPlace): string {
  return Buffer.from(`${startedAt.toISOString()} ${last}`).toString("base64url");
}

/** @throws ApiError VALIDATION */
function readCursor(cursor: string): CallPlace {
  const [at = "", last = ""] = Buffer.from(cursor, "base64url").toString().split(" ");
  const startedAt = new Date(at);
  if (!Number.isNaN(startedAt.getTime()) && isUuid(last)) return { startedAt, id: last };
  const message = "is no cursor: take `next` of the page before as it is";
  throw new ApiError("VALIDATION", `query.cursor: ${message}`, {}, [{ field: "query.cursor", message }]);
}
