import type { DigestClient } from "../digest/client";
import type { HeaderInit, SipResponse } from "../message";
import type { Flow } from "../transport/transport";
import type { UserAgent } from "./user-agent";

export interface RegistrationOptions {
  readonly agent: UserAgent;
  /** sip:1002@genesys.example */
  readonly aor: string;
  /** Request-URI. @default the AOR's host and port */
  readonly registrar?: string;
  /** Contact URI, without brackets. */
  readonly contact: string;
  /** More Contact parameters, e.g. ';+sip.instance="<urn:uuid:...>"' */
  readonly contactParams?: string;
  readonly digest?: DigestClient;
  readonly headers?: HeaderInit;
}

export type RegistrationOutcome =
  /** `expires`: granted seconds, from own Contact, else Expires header, else asked (rule 21). */
  | { readonly kind: "registered"; readonly expires: number; readonly response: SipResponse }
  | { readonly kind: "unregistered"; readonly response: SipResponse }
  /** `retryAfter` in seconds (Retry-After), `minExpires` of a 423. */
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly response: SipResponse;
      readonly retryAfter: number | undefined;
      readonly minExpires: number | undefined;
      /** The challenge was answered and refused again. */
      readonly credentialsRejected: boolean;
    }
  | { readonly kind: "failed"; readonly error: Error };

/**
 * One AOR at one registrar: one Call-ID, CSeq raised by each request, digest answered. A newer request supersedes
 * the one under way, whose retransmissions stop (it resolves as failed with SipError "superseded"). No retry policy
 * beyond the challenge: that is the caller's.
 */
export class RegistrationClient {
  constructor(_options: RegistrationOptions) {}

  register(_expires: number, _options: { flow: Flow; deadline?: number }): Promise<RegistrationOutcome> {
    throw new Error("not written yet");
  }

  /** Expires 0. */
  unregister(_options: { flow: Flow; deadline?: number }): Promise<RegistrationOutcome> {
    throw new Error("not written yet");
  }
}
