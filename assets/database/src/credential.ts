import { createHash } from "node:crypto";
import { z } from "zod";

/** Realm of a digest: a quoted string of a challenge, and a part of `username:realm:password`. */
export const realmSchema = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\x21-\x7e]+$/)
  .regex(/^[^:"\\]+$/);

/**
 * What a phone's password is checked by: the digest that Asterisk holds (RFC 7616 3.4.2), never the password. It is
 * bound to its user name and realm, so Asterisk challenges this phone with that realm.
 */
export const credentialSchema = z.strictObject({
  /** The DN, but for a phone that was taken over from another system with another user name. */
  username: z
    .string()
    .max(64)
    .regex(/^[\x21-\x7e]+$/)
    .regex(/^[^:"\\]+$/),
  realm: realmSchema,
  /** MD5 of username:realm:password, which is what browser libraries answer with. */
  md5: z.string().regex(/^[0-9a-f]{32}$/),
});

export type Credential = z.infer<typeof credentialSchema>;

const DIGEST = "{MD5}";

export function credentialOfPassword(username: string, realm: string, password: string): Credential {
  const md5 = createHash("md5").update(`${username}:${realm}:${password}`, "utf8").digest("hex");
  return { username, realm, md5 };
}

/**
 * The credential in a DN's secret: a password, or `{MD5}username:realm:digest` where the password itself is not known.
 *
 * @param realm of the digest of a password
 * @throws Error for a digest that is malformed: as a password it would lock the phone out
 */
export function credentialOfSecret(number: string, realm: string, secret: string): Credential {
  if (!isDigestSecret(secret)) return credentialOfPassword(number, realm, secret);
  const [username, ownRealm, md5, ...rest] = secret.slice(DIGEST.length).split(":");
  const credential = credentialSchema.safeParse({ username, realm: ownRealm, md5 });
  if (!credential.success || rest.length > 0) {
    throw new Error(`is no digest: ${DIGEST}username:realm:, and MD5 as 32 lower-case hexadecimal digits`);
  }
  return credential.data;
}

export function isDigestSecret(secret: string): boolean {
  return secret.startsWith(DIGEST);
}

/** The secret that holds a credential, for `credentialOfSecret`. */
export function digestSecret({ username, realm, md5 }: Credential): string {
  return `${DIGEST}${username}:${realm}:${md5}`;
}
