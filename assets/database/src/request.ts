import { z } from "zod";
import { dnSchema, phoneSchema, phoneSettingsSchema } from "./config";
import { credentialSchema } from "./credential";
import type { Adopted } from "./provision";

const phoneWithCredential = phoneSchema.extend({ credential: credentialSchema });

/** One change or question of an operator (`npm run dn`), as JSON on one line of stdin. */
export const requestSchema = z.discriminatedUnion("what", [
  z.strictObject({ what: z.literal("list") }),
  z.strictObject({ what: z.literal("add"), settings: phoneSettingsSchema, phone: phoneWithCredential }),
  z.strictObject({
    what: z.literal("set password"),
    number: dnSchema,
    credential: credentialSchema,
    /** Whether its secret is changed too, as a DN of the environment needs it: the next release would undo it. */
    environment: z.boolean(),
  }),
  z.strictObject({ what: z.literal("remove"), number: dnSchema }),
  /** The DNs are the environment's own, and in its file. */
  z.strictObject({
    what: z.literal("adopt"),
    settings: phoneSettingsSchema,
    phones: z.array(phoneWithCredential).max(100_000),
  }),
]);

export type DnRequest = z.infer<typeof requestSchema>;

/** A DN of the database. */
export interface StoredDn {
  readonly number: string;
  /** Absent for the default name. */
  readonly displayName?: string;
  /** From the environment file, by `dn add`, or by other means. */
  readonly source: "environment" | "added" | "other";
  /** How its password is checked; absent where Asterisk would refuse every password. */
  readonly digest?: { readonly algorithm: string; readonly username: string; readonly realm: string };
  /** Bindings of phones that have not run out. */
  readonly contacts: number;
}

/** What became of each request, as JSON on one line of stdout. */
export interface DnAnswers {
  readonly list: { readonly dns: readonly StoredDn[] };
  readonly add: { readonly outcome: "added" | "there already" | "of the environment" };
  readonly "set password": {
    readonly outcome: "changed" | "unknown" | "of the environment";
    /** User name that the phone signed in with until now. */
    readonly username?: string;
  };
  readonly remove: { readonly outcome: "removed" | "unknown" | "of the environment" };
  readonly adopt: Adopted;
}
