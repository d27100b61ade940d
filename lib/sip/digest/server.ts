import type { Clock } from "../clock";
import type { SipRequest } from "../message";

export interface DigestServerOptions {
  readonly realm: string;
  /** Password of a user; undefined for an unknown one. */
  readonly password: (username: string) => string | undefined;
  /** In order of preference, one challenge each (RFC 8760). @default ["MD5"] */
  readonly algorithms?: readonly ("MD5" | "SHA-256")[];
  /** Seconds a nonce is good for. @default 300 */
  readonly nonceLifetime?: number;
  /** "www": 401 and Authorization; "proxy": 407 and Proxy-Authorization. @default "www" */
  readonly kind?: "www" | "proxy";
  readonly clock?: Clock;
}

export type DigestVerdict =
  | { readonly ok: true; readonly username: string }
  /** `challenges`: headers for the 401/407. reason: missing, stale, wrong, malformed, replayed. */
  | {
      readonly ok: false;
      readonly reason: "missing" | "stale" | "wrong" | "malformed" | "replayed";
      readonly username: string | undefined;
      readonly challenges: readonly (readonly [name: string, value: string])[];
    };

/** Issues and verifies challenges. Nonces are signed, so only their use counts are held. */
export class DigestServer {
  constructor(_options: DigestServerOptions) {}

  verify(_request: SipRequest): DigestVerdict {
    throw new Error("not written yet");
  }
}
