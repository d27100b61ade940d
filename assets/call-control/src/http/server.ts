import { z } from "zod";
import type { Finding, Probe } from "./probes";
import type { Routes } from "./route";

/** What the service knows of its own sight of Asterisk. */
export interface Sight {
  /** Events come. */
  readonly live: boolean;
  readonly reason: string | null;
}

export interface ServerRoutesOptions {
  readonly release: string;
  readonly sight: () => Sight;
  readonly asterisk: Probe;
  readonly database: Probe;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}

const findingSchema = z.object({
  ok: z.boolean(),
  milliseconds: z.number().meta({ description: "How long the request took." }),
  says: z.string().nullable().meta({ description: "What came back." }),
  error: z.string().nullable().meta({ description: "What failed." }),
});

const testSchema = z.object({ ok: z.boolean(), asterisk: findingSchema, database: findingSchema }).meta({
  examples: [
    {
      ok: false,
      asterisk: {
        ok: false,
        milliseconds: 2.1,
        says: null,
        error: 'Asterisk rejects the ARI user "webrtc": the user or its password is wrong',
      },
      database: {
        ok: true,
        milliseconds: 1.4,
        says: "PostgreSQL has the schema of call-control",
        error: null,
      },
    },
  ],
});

const healthSchema = z.object({
  status: z.enum(["ok", "unhealthy"]),
  live: z.boolean().meta({ description: "The process does its work: always true in an answer." }),
  ready: z.boolean().meta({ description: "Asterisk's events come, and the database answers." }),
  release: z.string(),
  reasons: z.array(z.string()).meta({ description: "Why it is not ready." }),
});

const tags = ["service"];

/** How the service is, and what it stands on. */
export function serverRoutes({ release, sight, asterisk, database, metrics }: ServerRoutesOptions): Routes {
  return async (app) => {
    app.get(
      "/telephony/server/test",
      {
        config: { scope: "server:read" },
        schema: {
          summary: "Test Asterisk and the database",
          description:
            "Makes a request to each, now. What failed is told by `error`; the answer is 200 all the same.",
          tags,
          response: { 200: testSchema },
        },
      },
      async () => {
        const [first, second] = await Promise.all([asterisk(), database()]);
        return { ok: first.ok && second.ok, asterisk: findingView(first), database: findingView(second) };
      },
    );

    app.get(
      "/livez",
      {
        config: { scope: "server:read", open: "loopback" },
        schema: {
          summary: "Whether the service runs at all",
          description: "From the host itself without a key. Whether it can do its work is told by /healthz.",
          tags,
          response: { 200: z.object({ status: z.literal("live"), release: z.string() }) },
        },
      },
      async () => ({ status: "live" as const, release }),
    );

    app.get(
      "/healthz",
      {
        config: { scope: "server:read", open: "loopback" },
        schema: {
          summary: "How the service is",
          description: "From the host itself without a key. 503: it is not ready, `reasons` says why.",
          tags,
          response: { 200: healthSchema, 503: healthSchema },
        },
      },
      async (_request, reply) => {
        const { live, reason } = sight();
        // Events may go on over a connection that was let in with a password that is good no more.
        const [asked, found] = await Promise.all([asterisk(), database()]);
        const refused = asked.ok ? undefined : asked.error;
        const reasons = [
          ...(live && asked.ok ? [] : [`Asterisk: ${refused ?? reason ?? "not connected yet"}`]),
          ...(found.ok ? [] : [`database: ${found.error}`]),
        ];
        const ready = reasons.length === 0;
        const status = ready ? "ok" : "unhealthy";
        return reply.code(ready ? 200 : 503).send({ status, live: true, ready, release, reasons });
      },
    );

    app.get(
      "/metrics",
      {
        config: { scope: "server:read", open: "loopback" },
        schema: {
          summary: "Metrics for Prometheus",
          description: "From the host itself without a key.",
          tags,
          response: {
            200: {
              description: "Prometheus' text format",
              content: { "text/plain": { schema: z.string() } },
            },
          },
        },
      },
      async (_request, reply) => {
        const { type, text } = await metrics();
        return reply.type(type).serializer(String).send(text);
      },
    );
  };
}

function findingView(finding: Finding): z.output<typeof findingSchema> {
  const { ok, milliseconds } = finding;
  return {
    ok,
    milliseconds,
    says: finding.ok ? finding.says : null,
    error: finding.ok ? null : finding.error,
  };
}
