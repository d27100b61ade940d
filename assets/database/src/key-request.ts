import { z } from "zod";
import { dnSchema } from "./config";

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,63}$/,
    "is not a key's name: 1 to 64 lower-case letters, digits and '-', a letter first",
  );

/** One change or question of an operator (`npm run keys`), as JSON on one line of stdin. */
export const keyRequestSchema = z.discriminatedUnion("what", [
  z.strictObject({ what: z.literal("list") }),
  z.strictObject({
    what: z.literal("add"),
    name,
    /** SHA-256 of the key, in hexadecimal digits. The key itself never comes here. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    scopes: z
      .array(z.string().regex(/^[a-z]{1,20}:[a-z]{1,20}$/))
      .min(1)
      .max(20),
    /** The DN that it speaks for. Without: for all. */
    agent: dnSchema.optional(),
    /** Until it runs out. Without: never. */
    days: z.number().int().min(1).max(3650).optional(),
  }),
  z.strictObject({ what: z.literal("remove"), name }),
]);

export type KeyRequest = z.infer<typeof keyRequestSchema>;

/** An API key of call-control, without what opens anything. Times are ISO 8601 in UTC. */
export interface StoredKey {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly agent?: string;
  readonly createdAt: string;
  readonly lastUsedAt?: string;
  readonly expiresAt?: string;
  /** Whether it has run out. */
  readonly expired: boolean;
}

/** What became of each request, as JSON on one line of stdout. */
export interface KeyAnswers {
  readonly list: { readonly keys: readonly StoredKey[] };
  readonly add:
    | { readonly outcome: "added"; readonly key: StoredKey }
    | { readonly outcome: "there already" };
  readonly remove: { readonly outcome: "removed" | "unknown" };
}
