import { createHash, randomBytes } from "node:crypto";

/** So that a key that got somewhere can be told from other secrets, by people and by scanners. */
const PREFIX = "wgk_";

/** Prefix, and 256 random bits in base64url (RFC 4648, section 5). */
const KEY = /^wgk_[A-Za-z0-9_-]{43}$/;

/** A new key. Only its hash is kept. */
export function newApiKey(): string {
  return PREFIX + randomBytes(32).toString("base64url");
}

export function isApiKey(text: string): boolean {
  return KEY.test(text);
}

/** What `call_control.api_keys.key_hash` has: SHA-256 of the key's text as it is written in a request. */
export function hashOfKey(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
