import { randomFillSync } from "node:crypto";
import { MAGIC_COOKIE } from "./headers/via";

const pool = Buffer.alloc(4_096);
let used = pool.length;

/** Hex text of `bytes` random bytes, from the cryptographic generator (RFC 3261 19.3). */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}

/** From and To tags: 64 random bits (RFC 3261 19.3 wants 32 at least). */
export function newTag(): string {
  return randomHex(8);
}

/** A branch that is unique across space and time (RFC 3261 8.1.1.7). */
export function newBranch(): string {
  return MAGIC_COOKIE + randomHex(12);
}

export function newCallId(): string {
  return randomHex(16);
}
