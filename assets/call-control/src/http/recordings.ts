import { z } from "zod";
import { mayKnow, type Principal } from "../access/principal";
import { lifetime, type SignedAddresses } from "../access/signed-address";
import type { Call } from "../calls/call";
import { CallError, type Calls } from "../calls/calls";
import type { CallLogReader } from "../log/reader";
import type { Recordings } from "../recordings/recordings";
import { ApiError, errorSchema } from "./errors";
import { recordingSchema, recordingView } from "./recording-view";
import { notFound, principalOf, type Routes } from "./route";
import { id, uuid } from "./words";

export interface RecordingRoutesOptions {
  readonly calls: Pick<Calls, "find">;
  readonly log: Pick<CallLogReader, "get">;
  readonly recordings: Pick<Recordings, "begin" | "end" | "get" | "ofCall" | "download">;
  readonly addresses: SignedAddresses;
}

const addressSchema = z
  .object({
    url: z
      .string()
      .meta({ description: "Below the address of this server; with `&download=1` browsers save it." }),
    expires_at: z.date(),
  })
  .meta({
    examples: [
      {
        url: "/api/telephony/recordings/0b7fd6a3-1f5d-4c0e-8a4a-51a3f0a3a5d2/audio?expires=1772444100&signature=x2v8...",
        expires_at: "2026-03-02T09:35:00.000Z",
      },
    ],
  });

const audioQuery = z.strictObject({
  expires: z.coerce.number().int().min(0).max(99_999_999_999),
  signature: z.string().max(100),
  download: z.literal("1").optional(),
});

const types: Readonly<Record<string, string>> = { wav: "audio/wav", ogg: "audio/ogg", gsm: "audio/x-gsm" };
const tags = ["recordings"];
const refused = { 404: errorSchema, 409: errorSchema, 502: errorSchema };

/** Recordings: begun, ended, listed, and downloaded by addresses that run out. */
export function recordingRoutes({ calls, log, recordings, addresses }: RecordingRoutesOptions): Routes {
  const live = (principal: Principal, wanted: string): Call => {
    const call = calls.find(wanted);
    if (call === undefined || !mayKnow(principal, call)) {
      throw new CallError("CALL_NOT_FOUND", `no call ${wanted}: it has ended, or never was`);
    }
    return call;
  };
  const mayHear = async (principal: Principal, callId: string): Promise<boolean> => {
    if (principal.agent === undefined) return true;
    const call = calls.find(callId) ?? (await log.get(callId));
    return call !== undefined && mayKnow(principal, call);
  };

  return async (app) => {
    app.post(
      "/telephony/calls/:id/recording/",
      {
        config: { scope: "recordings:write", action: "recording.start" },
        schema: {
          summary: "Start recording a call",
          tags,
          params: z.object({ id }),
          response: { 201: recordingSchema, ...refused },
        },
      },
      async (request, reply) => {
        request.audited.target = request.params.id;
        const principal = principalOf(request);
        const recording = await recordings.begin(live(principal, request.params.id).id, principal.actor);
        request.audited.detail.recording = recording.id;
        return reply.code(201).send(recordingView(recording));
      },
    );

    app.delete(
      "/telephony/calls/:id/recording/",
      {
        config: { scope: "recordings:write", action: "recording.stop" },
        schema: {
          summary: "Stop recording a call",
          description: "What was recorded is kept.",
          tags,
          params: z.object({ id }),
          response: { 200: recordingSchema, ...refused },
        },
      },
      async (request) => {
        request.audited.target = request.params.id;
        const recording = await recordings.end(live(principalOf(request), request.params.id).id);
        request.audited.detail.recording = recording.id;
        return recordingView(recording);
      },
    );

    app.get(
      "/telephony/calls/:id/recordings/",
      {
        config: { scope: "recordings:read" },
        schema: {
          summary: "Recordings of a call",
          tags,
          params: z.object({ id: uuid }),
          response: { 200: z.object({ recordings: z.array(recordingSchema) }), 404: errorSchema },
        },
      },
      async (request) => {
        const wanted = request.params.id;
        if (!(await mayHear(principalOf(request), wanted))) throw notFound(`no call ${wanted} is in the log`);
        return { recordings: (await recordings.ofCall(wanted)).map(recordingView) };
      },
    );

    app.get(
      "/telephony/recordings/:id/url/",
      {
        config: { scope: "recordings:read", action: "recording.url" },
        schema: {
          summary: "An address that a recording is downloaded by",
          description: "It needs no key, and runs out.",
          tags,
          params: z.object({ id: uuid }),
          querystring: z.strictObject({
            expires_in: z.coerce
              .number()
              .int()
              .min(lifetime.least)
              .max(lifetime.most)
              .default(lifetime.usual)
              .meta({ description: "Seconds." }),
          }),
          response: { 200: addressSchema, 404: errorSchema, 409: errorSchema },
        },
      },
      async (request) => {
        const wanted = request.params.id;
        request.audited.target = wanted;
        const recording = await recordings.get(wanted);
        if (recording === undefined || !(await mayHear(principalOf(request), recording.callId))) {
          throw notFound(`no recording ${wanted}`);
        }
        if (recording.state !== "done") {
          throw new ApiError(
            "CONFLICT",
            `recording ${wanted} is ${recording.state}: only one that is done is there`,
          );
        }
        const { expires, signature } = addresses.sign(wanted, request.query.expires_in);
        return {
          url: `/api/telephony/recordings/${wanted}/audio?expires=${expires}&signature=${signature}`,
          expires_at: new Date(expires * 1_000),
        };
      },
    );

    app.get(
      "/telephony/recordings/:id/audio",
      {
        config: { open: "everybody" },
        schema: {
          summary: "A recording's sound",
          description: "By a signed address, without a key.",
          tags,
          params: z.object({ id: uuid }),
          querystring: audioQuery,
          response: {
            200: { description: "The file", content: { "audio/wav": { schema: z.unknown() } } },
            403: errorSchema,
            404: errorSchema,
            502: errorSchema,
            503: errorSchema,
          },
        },
      },
      async (request, reply) => {
        const wanted = request.params.id;
        const { expires, signature, download } = request.query;
        if (!addresses.verify(wanted, expires, signature)) {
          throw new ApiError("SIGNATURE", "this address is not good, or not any more: ask for another");
        }
        const recording = await recordings.get(wanted);
        if (recording === undefined) throw notFound(`no recording ${wanted}`);
        const file = await recordings.download(wanted);
        const { format } = recording;
        const name = `recording-${recording.startedAt.toISOString().replace(/[:.]/g, "-")}.${format}`;
        reply.header("Content-Disposition", `${download ? "attachment" : "inline"}; filename="${name}"`);
        if (file.length !== undefined) reply.header("Content-Length", file.length);
        return reply.type(types[format] ?? "application/octet-stream").send(file.stream);
      },
    );
  };
}
