import { z } from "zod";
import { realmSchema } from "./credential";

export const dnSchema = z.string().regex(/^[0-9]{1,20}$/, "is not a DN: 1 to 20 digits");

/** What all phones have in common. */
export const phoneSettingsSchema = z.strictObject({
  /** Realm of the digests, the one in Asterisk's challenges. */
  realm: realmSchema,
  /** Context of the dialplan that the phones' calls start in. */
  context: z.string().regex(/^[A-Za-z0-9_-]+$/),
  /** In order of preference. */
  codecs: z.array(z.enum(["ulaw", "alaw", "opus", "g722"])).min(1),
});

export type PhoneSettings = z.infer<typeof phoneSettingsSchema>;

export const phoneSchema = z.strictObject({
  number: dnSchema,
  displayName: z
    .string()
    .min(1)
    .max(80)
    // It is put between quotes in callerid.
    .regex(
      /^[^"\\<>\p{Cc}\p{Zl}\p{Zp}]+$/u,
      "must not have quotes, backslashes, angle brackets or control characters",
    )
    .optional(),
});

export type Phone = z.infer<typeof phoneSchema>;

/** What is provisioned: /release/files/dns.json. Passwords are in secret files, `dn/<number>`. */
export const databaseConfigSchema = phoneSettingsSchema.extend({
  /** Must be false: Asterisk negotiates no comfort noise (RFC 3389) with anybody. */
  comfortNoise: z.boolean().refine((on) => !on, "must be false: Asterisk can't negotiate comfort noise"),
  dns: z.array(phoneSchema).max(100_000),
  /** A DN for `verify` to register with. It gets a phone like any other. */
  probeDn: dnSchema,
  /** Whether call-control runs, and its role may log in. @default false */
  callControl: z.boolean().optional(),
});

export type DatabaseConfig = z.infer<typeof databaseConfigSchema>;

/** @throws Error that lists every fault with its path */
export function parseDatabaseConfig(text: string): DatabaseConfig {
  const result = databaseConfigSchema.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
  throw new Error(`dns.json has faults:\n${faults.join("\n")}`);
}
