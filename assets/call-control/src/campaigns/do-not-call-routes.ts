import { z } from "zod";
import { ApiError, errorSchema } from "../http/errors";
import { principalOf, type Routes } from "../http/route";
import { limit } from "../http/words";
import type { Campaigns } from "./campaigns";
import { forbidSchema, listedSchema } from "./schemas";

const refused = { 404: errorSchema, 422: errorSchema, 503: errorSchema };
const tags = ["do-not-call"];
const e164 = z.string().regex(/^\+[1-9][0-9]{3,14}$/, "is not a number: + and 4 to 15 digits (E.164)");

/** Bytes of a body: 10,000 numbers. */
const BODY_LIMIT = 1 << 20;

/** Numbers that no campaign calls. */
export function doNotCallRoutes(campaigns: Campaigns): Routes {
  return async (app) => {
    app.get(
      "/telephony/do-not-call/",
      {
        config: { scope: "campaigns:read" },
        schema: {
          summary: "The do-not-call list",
          description: "In the order of numbers.",
          tags,
          querystring: z.strictObject({
            after: e164.optional().meta({ description: "`next` of the page before." }),
            limit: limit(1_000, 100),
          }),
          response: {
            200: z.object({ numbers: z.array(listedSchema), next: z.string().nullable() }),
            ...refused,
          },
        },
      },
      async ({ query: { after = "", limit } }) => {
        const found = await campaigns.leads.listed(after, limit + 1);
        const numbers = found.slice(0, limit);
        return {
          numbers: numbers.map(({ phoneNumber, reason, addedAt, addedBy }) => ({
            phone_number: phoneNumber,
            reason,
            added_at: addedAt,
            added_by: addedBy,
          })),
          next: found.length > limit ? (numbers.at(-1)?.phoneNumber ?? null) : null,
        };
      },
    );

    app.post(
      "/telephony/do-not-call/",
      {
        bodyLimit: BODY_LIMIT,
        config: { scope: "campaigns:write", action: "do-not-call.add" },
        schema: {
          summary: "Put numbers on the do-not-call list",
          description:
            "All or none. Numbers that wait in a campaign are blocked there; one that is being called now is not called again.",
          tags,
          body: forbidSchema,
          response: { 204: z.null(), ...refused },
        },
      },
      async (request, reply) => {
        const { phone_numbers: texts, reason } = request.body;
        // Also numbers that may not be called anyway: what is allowed can change.
        const numbers = texts.map((text, index) => {
          const number = campaigns.anyNumber(text);
          if (number !== undefined) return number;
          const field = `body.phone_numbers.${index}`;
          const message = "is no number outside: write it in E.164 form, such as +31201234567";
          throw new ApiError("VALIDATION", `${field}: ${message}`, {}, [{ field, message }]);
        });
        request.audited.detail.count = numbers.length;
        if (numbers.length === 1) request.audited.target = numbers[0];
        const by = principalOf(request).actor;
        await campaigns.leads.forbid([...new Set(numbers)], reason, by, campaigns.clock.now());
        return reply.code(204).send(null);
      },
    );

    app.delete(
      "/telephony/do-not-call/:number/",
      {
        config: { scope: "campaigns:write", action: "do-not-call.remove" },
        schema: {
          summary: "Take a number off the do-not-call list",
          description: "Where it was waiting to be called, it waits again.",
          tags,
          params: z.object({ number: e164 }),
          response: { 204: z.null(), ...refused },
        },
      },
      async (request, reply) => {
        const { number } = request.params;
        request.audited.target = number;
        if (!(await campaigns.leads.allow(number)))
          throw new ApiError("NOT_FOUND", `${number} is not on the do-not-call list`);
        return reply.code(204).send(null);
      },
    );
  };
}
