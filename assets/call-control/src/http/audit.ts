import { z } from "zod";
import type { AuditTrail } from "../audit/audit-trail";
import { errorSchema } from "./errors";
import type { Routes } from "./route";
import { limit, moment } from "./words";

const entrySchema = z.object({
  id: z.string(),
  at: z.date(),
  actor: z.string().meta({ description: "`key:<name>`, `jwt:<subject>`, or `none`." }),
  address: z.string(),
  action: z.string(),
  target: z.string().nullable(),
  status: z.number().int().meta({ description: "HTTP status of the answer." }),
  code: z.string().nullable().meta({ description: "The error's code, when it was refused or failed." }),
  detail: z.record(z.string(), z.unknown()),
});

const query = z.strictObject({
  actor: z.string().max(250).optional(),
  action: z.string().max(100).optional(),
  target: z.string().max(200).optional(),
  from: moment.optional(),
  to: moment.optional(),
  limit: limit(500, 100),
  cursor: z
    .string()
    .regex(/^[0-9]{1,18}$/, "is no cursor: take `next` of the page before as it is")
    .optional()
    .meta({ description: "`next` of the page before." }),
});

/** Who did what. */
export function auditRoutes(audit: Pick<AuditTrail, "read">): Routes {
  return async (app) => {
    app.get(
      "/telephony/audit/",
      {
        config: { scope: "audit:read" },
        schema: {
          summary: "Who did what, and who was refused",
          description: "The latest first. Entries are there a moment after the request that they are about.",
          tags: ["audit"],
          querystring: query,
          response: {
            200: z.object({ entries: z.array(entrySchema), next: z.string().nullable() }),
            422: errorSchema,
          },
        },
      },
      async (request) => {
        const { cursor: before, to: until, limit, ...rest } = request.query;
        const found = await audit.read({ ...rest, until, before, limit: limit + 1 });
        const entries = found.slice(0, limit);
        return {
          entries: entries.map((entry) => ({
            ...entry,
            target: entry.target ?? null,
            code: entry.code ?? null,
          })),
          next: found.length > limit ? (entries.at(-1)?.id ?? null) : null,
        };
      },
    );
  };
}
