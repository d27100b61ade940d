import { createHash } from "node:crypto";

/** Hash of each algorithm name (RFC 7616 6.1), by Node's name for it. */
const HASHES: Readonly<Record<string, string>> = {
  MD5: "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};

export interface DigestInput {
  /** "MD5", "SHA-256", "SHA-512-256", or one of them with "-sess". */
  readonly algorithm: string;
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  readonly method: string;
  /** digest-uri: the Request-URI. */
  readonly uri: string;
  readonly nonce: string;
  /** Absent: the form without qop of RFC 2069. */
  readonly qop?: { readonly value: "auth"; readonly nc: string; readonly cnonce: string } | undefined;
  /** Needed by "-sess" when there is no qop. */
  readonly cnonce?: string | undefined;
}

/** The registered spelling of an algorithm that is supported; undefined for others. */
export function supportedAlgorithm(name: string): string | undefined {
  const upper = name.toUpperCase();
  const session = upper.endsWith("-SESS");
  const base = session ? upper.slice(0, -"-SESS".length) : upper;
  if (HASHES[base] === undefined) return undefined;
  return session ? `${base}-sess` : base;
}

/** request-digest (RFC 7616 3.4.1) in lower-case hex. Text is hashed as UTF-8. Throws RangeError for an unknown algorithm. */
export function digestResponse(input: DigestInput): string {
  const algorithm = supportedAlgorithm(input.algorithm);
  const session = algorithm?.endsWith("-sess") ?? false;
  const hashName = HASHES[algorithm?.replace("-sess", "") ?? ""];
  if (hashName === undefined) throw new RangeError(`digest algorithm ${input.algorithm} is not supported`);
  const hash = (text: string) => createHash(hashName).update(text, "utf8").digest("hex");
  const { nonce, qop } = input;
  const user = hash(`${input.username}:${input.realm}:${input.password}`);
  const a1 = session ? hash(`${user}:${nonce}:${qop?.cnonce ?? input.cnonce ?? ""}`) : user;
  const a2 = hash(`${input.method}:${input.uri}`);
  const middle = qop === undefined ? nonce : `${nonce}:${qop.nc}:${qop.cnonce}:${qop.value}`;
  return hash(`${a1}:${middle}:${a2}`);
}

/** nc-value: 8 hex digits. */
export function nonceCount(count: number): string {
  return count.toString(16).padStart(8, "0");
}
