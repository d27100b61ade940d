import {
  type Address,
  type Clock,
  DigestServer,
  type HeaderInit,
  NameAddr,
  type Protocol,
  type SipRequest,
  SipUri,
} from "../../../lib/sip";
import type { Binding, BindingTable } from "./bindings";
import type { Settings } from "./config";

/** How a request is to be answered; `note` says why, for the log. */
export interface Answer {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: HeaderInit;
  readonly note?: string;
}

export interface Source {
  readonly address: Address;
  readonly protocol: Protocol;
}

/** The registrar of one server (RFC 3261 10.3). Takes a REGISTER and gives its answer; holds no socket. */
export class Registrar {
  private settings: Settings;
  private digest: DigestServer | undefined;

  constructor(
    private readonly server: string,
    private readonly bindings: BindingTable,
    private readonly clock: Clock,
    settings: Settings,
  ) {
    this.settings = settings;
    this.digest = this.digestServer(undefined);
  }

  /** Takes new settings over. Bindings stay; nonces stay good unless the digest settings changed. */
  public configure(settings: Settings): void {
    const previous = this.settings;
    this.settings = settings;
    this.digest = this.digestServer(previous);
  }

  public isKnown(dn: string): boolean {
    return this.settings.dns.some(({ from, to }) => dn.length === from.length && from <= dn && dn <= to);
  }

  /** The binding that a call to the DN goes to: the newest. */
  public lookup(dn: string): Binding | undefined {
    return this.bindings.of(dn)[0];
  }

  /** Throws SipParseError on headers that can't be read. */
  public register(request: SipRequest, source: Source): Answer {
    const dn = userOf(request.to);
    if (dn === undefined || !this.isKnown(dn)) {
      return { status: this.settings.unknownDn, note: `DN ${dn ?? "(none)"} is in no range of 'dns'` };
    }
    return this.authenticate(request, dn) ?? this.update(request, dn, source);
  }

  /** The challenge or refusal, or undefined when the request may pass. */
  public authenticate(request: SipRequest, dn: string): Answer | undefined {
    const method = request.method;
    if (!this.digest || !this.settings.digest.methods.some((challenged) => challenged === method))
      return undefined;
    const verdict = this.digest.verify(request);
    if (!verdict.ok) {
      const note = `credentials ${verdict.reason}`;
      return { status: this.settings.digest.status, headers: verdict.challenges, note };
    }
    // Authenticated, but as somebody who may not speak for this DN (10.3 step 4).
    if (this.settings.digest.username === undefined && verdict.username !== dn) {
      return { status: 403, note: `user ${verdict.username} is not DN ${dn}` };
    }
    return undefined;
  }

  private update(request: SipRequest, dn: string, source: Source): Answer {
    const contacts = request.contacts;
    const { callId } = request;
    const cseq = request.cseq.number;

    // Step 6: the lone star un-registers everything, and only with Expires 0 (10.2.2).
    if (contacts === "*") {
      if (request.expires !== 0) return { status: 400, reason: "Contact * Needs Expires 0" };
      if (this.bindings.of(dn).some((binding) => isOutOfOrder(binding, callId, cseq))) return outOfOrder;
      this.bindings.remove(dn, "unregistered");
      return this.listing(dn);
    }

    // Step 7: everything is judged before anything is changed, so that a REGISTER is taken as a whole or not at all.
    const changes: { contact: SipUri; seconds: number }[] = [];
    for (const contact of contacts) {
      const uri = contact.parsedUri;
      if (!(uri instanceof SipUri)) return { status: 400, reason: "Contact Is No SIP URI" };
      const asked = contact.expires ?? request.expires ?? this.settings.expires.default;
      if (asked > 0 && asked < this.settings.expires.min) {
        const headers = [["Min-Expires", this.settings.expires.min]] as const;
        return {
          status: 423,
          headers,
          note: `${asked} s is below the minimum of ${this.settings.expires.min} s`,
        };
      }
      const known = this.bindings.of(dn).find((binding) => binding.contact.equals(uri));
      if (known && isOutOfOrder(known, callId, cseq)) return outOfOrder;
      changes.push({ contact: uri, seconds: asked === 0 ? 0 : this.granted(asked) });
    }
    if (this.bindings.full && changes.some(({ seconds }) => seconds > 0)) {
      return { status: 503, headers: [["Retry-After", 60]], note: "the table of bindings is full" };
    }

    for (const { contact, seconds } of changes) {
      if (seconds === 0) {
        this.bindings.remove(dn, "unregistered", (binding) => binding.contact.equals(contact));
        continue;
      }
      const { server } = this;
      const expiresAt = this.clock.now() + seconds * 1000;
      const { address, protocol } = source;
      const binding = { dn, server, contact, callId, cseq, expiresAt, source: address, protocol };
      this.bindings.put(binding, this.settings.bindingsPerDn);
    }
    return this.listing(dn);
  }

  private granted(asked: number): number {
    const { grant, max } = this.settings.expires;
    return Math.min(grant ?? asked, max);
  }

  /** Step 8: 200 with every binding of the DN and what is left of it. */
  private listing(dn: string): Answer {
    const contacts = this.bindings.of(dn).map((binding) => {
      const expires = String(this.bindings.secondsLeft(binding));
      return ["Contact", new NameAddr(binding.contact.toString()).withParam("expires", expires)] as const;
    });
    return { status: 200, headers: [...contacts, ["Date", new Date().toUTCString()]] };
  }

  private digestServer(previous: Settings | undefined): DigestServer | undefined {
    const { digest } = this.settings;
    if (previous && JSON.stringify(previous.digest) === JSON.stringify(digest)) return this.digest;
    if (!digest.enabled) return undefined;
    return new DigestServer({
      kind: digest.status === 407 ? "proxy" : "www",
      realm: digest.realm,
      algorithms: digest.algorithms,
      clock: this.clock,
      password: (user) => {
        if (digest.username !== undefined) return user === digest.username ? digest.password : undefined;
        return Object.hasOwn(digest.passwords, user) ? digest.passwords[user] : digest.password;
      },
    });
  }
}

/** The DN that a From, To or Contact names; undefined when it has no user or is no SIP URI. */
export function userOf(party: NameAddr): string | undefined {
  const uri = party.parsedUri;
  return uri instanceof SipUri ? uri.decodedUser : undefined;
}

const outOfOrder: Answer = { status: 500, reason: "CSeq Out Of Order", note: "an older or repeated CSeq" };

/** Of one client, a request that is not newer than the binding must not change it (10.3 step 7). */
function isOutOfOrder(binding: Binding, callId: string, cseq: number): boolean {
  return binding.callId === callId && cseq <= binding.cseq;
}
