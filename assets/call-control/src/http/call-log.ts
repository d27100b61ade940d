import { z } from "zod";
import { mayKnow } from "../access/principal";
import { callOutcomes, callStatuses, callTypes } from "../calls/call";
import { CallError, type Calls } from "../calls/calls";
import { type CallLogReader, CursorError, type LoggedCall } from "../log/reader";
import type { Recording } from "../recordings/store";
import { callSchema, callView } from "./call-view";
import { ApiError, errorSchema } from "./errors";
import { recordingSchema, recordingView } from "./recording-view";
import { principalOf, type Routes } from "./route";
import { dn, id, limit, moment, uuid } from "./words";

export interface CallLogRoutesOptions {
  readonly calls: Pick<Calls, "find">;
  readonly log: Pick<CallLogReader, "get" | "page">;
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
  const latest = (call: LoggedCall) => calls.find(call.id) ?? call;

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
        const page = await log.page({ ...rest, campaignId, party }, { limit, cursor }).catch(refuseCursor);
        return { calls: page.calls.map(latest).map(callView), next: page.next ?? null };
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

  async function expectCall(wanted: string): Promise<LoggedCall> {
    const call = calls.find(wanted) ?? (uuid.safeParse(wanted).success ? await log.get(wanted) : undefined);
    if (call === undefined) throw unknown(wanted);
    return call;
  }
}

const detailSchema = z.object({ ...callSchema.shape, recordings: z.array(recordingSchema) });

function unknown(call: string): CallError {
  return new CallError("CALL_NOT_FOUND", `no call ${call} is up, nor in the log`);
}

/** @throws ApiError VALIDATION */
function refuseCursor(error: unknown): never {
  if (!(error instanceof CursorError)) throw error;
  const message = "is no cursor: take `next` of the page before as it is";
  throw new ApiError("VALIDATION", `query.cursor: ${message}`, {}, [{ field: "query.cursor", message }]);
}
