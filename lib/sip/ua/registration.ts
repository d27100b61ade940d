import type { DigestClient } from "../digest/client";
import { SipError } from "../errors";
import { newCallId, newTag } from "../identifiers";
import { type HeaderInit, SipRequest, type SipResponse } from "../message";
import type { Flow } from "../transport/transport";
import { SipUri } from "../uri";
import type { UserAgent } from "./user-agent";

export interface RegistrationOptions {
  readonly agent: UserAgent;
  /** "sip:1002@genesys.example" */
  readonly aor: string;
  /** Request-URI. @default the AOR's host and port */
  readonly registrar?: string | undefined;
  /** Contact URI, without brackets. */
  readonly contact: string;
  /** More Contact parameters, e.g. `;+sip.instance="<urn:uuid:...>"`. @default none */
  readonly contactParams?: string | undefined;
  /** Answers challenges. @default none: a challenge is a refusal */
  readonly digest?: DigestClient | undefined;
  readonly headers?: HeaderInit | undefined;
}

export interface RegisterOptions {
  readonly flow: Flow;
  /** Milliseconds for the whole exchange, challenges included. @default 64*T1 for each request */
  readonly deadline?: number | undefined;
}

export type RegistrationOutcome =
  /** `expires`: granted seconds, from own Contact, else Expires header, else asked. */
  | { readonly kind: "registered"; readonly expires: number; readonly response: SipResponse }
  | { readonly kind: "unregistered"; readonly response: SipResponse }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly response: SipResponse;
      /** Seconds of Retry-After. */
      readonly retryAfter: number | undefined;
      /** Seconds that a 423 asks for. */
      readonly minExpires: number | undefined;
      /** The challenge was answered and refused again. */
      readonly credentialsRejected: boolean;
    }
  /** SipError "timeout", "transport", "closed", or "superseded" by a newer request of this client. */
  | { readonly kind: "failed"; readonly error: Error };

/** Requests in a row for one register(): the first, one per challenge header, and some stale nonces. */
const MAX_ROUNDS = 5;

/**
 * One AOR at one registrar (RFC 3261 10.2): one Call-ID, CSeq raised by each request, digest answered. A newer
 * request supersedes the one under way, whose retransmissions stop: a late copy can't bring a binding back. No
 * retry policy beyond challenges: that is the caller's.
 */
export class RegistrationClient {
  readonly callId = newCallId();
  private readonly tag = newTag();
  private sequence = 0;
  private current: AbortController | undefined;
  private readonly registrar: string;

  constructor(private readonly options: RegistrationOptions) {
    const aor = SipUri.parse(options.aor, "AOR");
    this.registrar =
      options.registrar ?? new SipUri(aor.scheme, undefined, undefined, aor.host, aor.port).toString();
  }

  /** `expires` in seconds. Never rejects. */
  async register(expires: number, options: RegisterOptions): Promise<RegistrationOutcome> {
    const own = new AbortController();
    this.current?.abort();
    this.current = own;
    try {
      return await this.exchange(expires, options, own.signal);
    } catch (cause) {
      const superseded = new SipError("superseded", "a newer REGISTER took over", { cause });
      const error = cause instanceof Error ? cause : new Error(String(cause));
      return { kind: "failed", error: own.signal.aborted ? superseded : error };
    } finally {
      if (this.current === own) this.current = undefined;
    }
  }

  /** Remove the binding: a REGISTER with Expires 0. */
  unregister(options: RegisterOptions): Promise<RegistrationOutcome> {
    return this.register(0, options);
  }

  private async exchange(
    expires: number,
    { flow, deadline }: RegisterOptions,
    signal: AbortSignal,
  ): Promise<RegistrationOutcome> {
    const { agent, digest } = this.options;
    const end = deadline === undefined ? undefined : agent.clock.now() + deadline;
    for (let round = 1; ; round++) {
      const request = this.build(expires);
      digest?.authorize(request);
      const left = end === undefined ? undefined : Math.max(1, end - agent.clock.now());
      const response = await agent.send(request, { flow, deadline: left, signal });
      if (response.status < 300) return this.granted(response, expires);
      const challenged = response.status === 401 || response.status === 407;
      const verdict = challenged ? digest?.challenge(response) : undefined;
      if (verdict !== "retry" || round === MAX_ROUNDS) return refused(response, verdict === "rejected");
    }
  }

  private build(expires: number): SipRequest {
    const { aor, contact, contactParams, headers } = this.options;
    this.sequence++;
    return SipRequest.create({
      method: "REGISTER",
      uri: this.registrar,
      headers: [
        ["From", `<${aor}>;tag=${this.tag}`],
        ["To", `<${aor}>`],
        ["Call-ID", this.callId],
        ["CSeq", `${this.sequence} REGISTER`],
        ["Contact", `<${contact}>${contactParams ?? ""}`],
        ["Expires", expires],
        ...(headers ?? []),
      ],
    });
  }

  private granted(response: SipResponse, asked: number): RegistrationOutcome {
    if (asked === 0) return { kind: "unregistered", response };
    return { kind: "registered", expires: grantedExpiry(response, this.options.contact, asked), response };
  }
}

/**
 * Seconds that a 2xx to REGISTER grants (10.2.4): `expires` of the own Contact wins over the Expires header, and that
 * over what was asked. Values that do not parse count as absent.
 */
export function grantedExpiry(response: SipResponse, contact: string, asked: number): number {
  return ownContactExpiry(response, contact) ?? lenient(() => response.expires) ?? asked;
}

function ownContactExpiry(response: SipResponse, contact: string): number | undefined {
  const contacts = lenient(() => response.contacts);
  if (contacts === undefined || contacts === "*") return undefined;
  const own = SipUri.parse(contact, "Contact");
  const uris = contacts.map((item) => ({ item, uri: lenient(() => SipUri.parse(item.uri)) }));
  // Registrars add or drop parameters; user, host and port still tell one binding from another.
  const match =
    uris.find(({ uri }) => uri?.equals(own)) ?? uris.find(({ uri }) => uri && sameBinding(uri, own));
  return match?.item.expires;
}

function sameBinding(a: SipUri, b: SipUri): boolean {
  return (
    a.decodedUser === b.decodedUser &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    (a.port ?? 5060) === (b.port ?? 5060)
  );
}

function refused(response: SipResponse, credentialsRejected: boolean): RegistrationOutcome {
  return {
    kind: "refused",
    status: response.status,
    response,
    retryAfter: lenient(() => response.retryAfter),
    minExpires: lenient(() => response.minExpires),
    credentialsRejected,
  };
}

/** A header of an answer that does not parse is as good as none. */
function lenient<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
