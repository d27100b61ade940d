import { z } from "zod";

/** A DN of ours. */
export const dn = z
  .string()
  .regex(/^[0-9]{1,20}$/, "is not a DN: 1 to 20 digits")
  .meta({ description: "A DN of ours.", examples: ["1001"] });

/** As somebody writes it: spaces and punctuation are taken out, and the rest is checked, by who dials it. */
export const number = z
  .string()
  .regex(
    /^\+?[0-9][0-9 ()./-]{0,39}$/,
    "is not a number: up to 40 digits, spaces and any of ( ) . / -, with + in front or not",
  )
  .meta({
    description: "A DN, or a number outside as it is dialled or in E.164 form.",
    examples: ["+31201234567", "1002"],
  });

/** What Asterisk and this service make ids of. */
export const id = z
  .string()
  .regex(/^[\w.:@-]{1,150}$/, "is not an id")
  .meta({ examples: ["5f0f1e0a-6f7c-4c3e-9a55-2d3d0f6f1b11"] });

export const uuid = z.uuid("is not an id").meta({ examples: ["5f0f1e0a-6f7c-4c3e-9a55-2d3d0f6f1b11"] });

/** A moment in a query: ISO 8601 with a time zone. */
export const moment = z.iso
  .datetime({ offset: true, error: "is not a time such as 2026-03-02T09:30:00Z" })
  .transform((text) => new Date(text));

/** How many of a list, in a query. */
export const limit = (most: number, usual: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(most, `at most ${most}`)
    .default(usual)
    .meta({ description: `At most so many; 1 to ${most}.` });
