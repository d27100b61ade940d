import { createHmac, timingSafeEqual } from "node:crypto";

/** Seconds for which a signed address is good, and between which bounds that may be asked for. */
export const lifetime = { usual: 300, least: 30, most: 3_600 } as const;

/** Addresses of recordings that need no key, because they carry a signature that soon runs out. */
export class SignedAddresses {
  constructor(
    private readonly key: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** HMAC-SHA256 over the recording's id and the second in which the address runs out, in base64url. */
  sign(recording: string, seconds: number): { readonly expires: number; readonly signature: string } {
    const expires = Math.floor(this.now() / 1_000) + seconds;
    return { expires, signature: this.#signature(recording, expires).toString("base64url") };
  }

  /** Whether it was signed here, and has not run out. */
  verify(recording: string, expires: number, signature: string): boolean {
    const given = Buffer.from(signature, "base64url");
    const expected = this.#signature(recording, expires);
    const same = given.length === expected.length && timingSafeEqual(given, expected);
    return same && expires * 1_000 > this.now();
  }

  #signature(recording: string, expires: number): Buffer {
    return createHmac("sha256", this.key).update(`recording ${recording} ${expires}`).digest();
  }
}
