import type { Via } from "../headers/via";
import type { Limits } from "../limits";
import type { HeaderInit, SipMessage } from "../message";
import type { Parsed } from "../parser";

export interface InspectOptions {
  /** Option tags that may stand in Proxy-Require. @default none */
  readonly supported?: readonly string[];
  /** For responses: is this top Via ours? @default every one is */
  readonly isOwnVia?: (via: Via) => boolean;
  readonly limits?: Limits;
}

/** What a proxy does with a message before it routes it (RFC 3261 16.3, 16.7, 18). `code` is stable. */
export type ProxyVerdict =
  | { readonly action: "forward"; readonly message: SipMessage }
  | {
      readonly action: "reject";
      readonly status: number;
      readonly reason: string;
      readonly code: string;
      /** E.g. Unsupported for 420. */
      readonly headers: HeaderInit;
      /** The request as far as it was read, for SipResponse.to. */
      readonly message: SipMessage;
    }
  | { readonly action: "drop"; readonly code: string; readonly why: string };

/** Verdict on one datagram or frame that was parsed. */
export function inspectForProxy(_parsed: Parsed, _options?: InspectOptions): ProxyVerdict {
  throw new Error("not written yet");
}
