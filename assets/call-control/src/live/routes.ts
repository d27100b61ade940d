import { z } from "zod";
import { ApiError, errorSchema } from "../http/errors";
import { principalOf, type Routes } from "../http/route";
import type { EventStreams } from "./streams";

/** GET /telephony/events/ */
export function eventRoutes(streams: EventStreams): Routes {
  return async (app) => {
    app.addHook("preClose", async () => streams.close());
    app.get(
      "/telephony/events/",
      {
        config: { scope: "calls:read" },
        schema: {
          summary: "Live calls as server-sent events",
          description: `A stream of events (HTML Standard, 9.2): \`snapshot\` {now, asterisk, calls} with what is up, \`change\` {what, at, call} for each thing that happens, \`gone\` {id} for a call that goes on without the key's agent, and \`alive\` {now, asterisk} every 15 s.
A listener that comes back with \`Last-Event-ID\` gets what it missed, or a snapshot. A browser's EventSource can't send the key: read the stream with fetch().`,
          tags: ["calls"],
          headers: z.object({ "last-event-id": z.string().max(100).optional() }),
          response: {
            200: { description: "Events", content: { "text/event-stream": { schema: z.string() } } },
            503: errorSchema,
          },
        },
      },
      async (request, reply) => {
        const since = request.headers["last-event-id"];
        // What fastify has gathered for the answer goes out with it.
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
        if (!streams.serve(request.raw, reply.raw, principalOf(request), since)) {
          throw new ApiError("BUSY", "too many listeners: end some, or try again later", {
            "Retry-After": "30",
          });
        }
        return reply.hijack();
      },
    );
  };
}
