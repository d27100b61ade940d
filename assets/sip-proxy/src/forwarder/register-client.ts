import { type Clock, DigestClient, newCallId, newTag, type SipResponse } from "../../../../lib/sip";
import type { GenesysConfig, GenesysServerConfig } from "../config";
import type { Attempt, Requester } from "./attempt";
import { authorized, buildRegister, type RegisterTemplate, registerTemplate } from "./messages";
import type { Upstream } from "./upstream";
import type { Asked } from "./verdict";

export interface RegisterClientContext {
  readonly clock: Clock;
  /** In force now. */
  credentials(): GenesysConfig["credentials"];
  /** URI that this server is to call. */
  contact(dn: string, server: GenesysServerConfig): string;
}

/** A REGISTER that went out. */
export interface Sent extends Asked {
  readonly cseq: number;
  /** Milliseconds of the clock. */
  readonly at: number;
}

/**
 * Writes the REGISTERs of one DN: one Call-ID and From tag, a CSeq that rises by one each time (RFC 3261 10.2), and
 * the answers to challenges (22.1 to 22.4).
 */
export class RegisterClient {
  private readonly callId = newCallId();
  private readonly fromTag = newTag();
  private cseq = 0;
  private last: Sent | undefined;
  private template: RegisterTemplate | undefined;
  private digest: DigestClient | undefined;
  private digestServer: Upstream | undefined;

  /** @param key chooses the socket that this DN uses */
  constructor(
    private readonly dn: string,
    private readonly key: number,
    private readonly context: RegisterClientContext,
  ) {}

  /** The REGISTER that went out last. */
  get sent(): Sent | undefined {
    return this.last;
  }

  /**
   * @param expires seconds; 0 un-registers
   * @returns undefined when the server can't be reached at all; otherwise the requester hears of it, later
   */
  send(upstream: Upstream, expires: number, requester: Requester): Attempt | undefined {
    const template = this.templateFor(upstream);
    const cseq = ++this.cseq;
    this.last = { contact: template.contact, expires, cseq, at: this.context.clock.now() };
    return upstream.attempt(
      this.key,
      (path, branch) =>
        authorized(buildRegister(template, path, branch, cseq, expires), this.digestFor(upstream)),
      requester,
    );
  }

  /**
   * Takes a 401 or 407. True: the request can be sent again, with an answer to the challenge; never twice for the
   * same nonce unless it was stale. Otherwise the reason why not.
   */
  challenge(upstream: Upstream, response: SipResponse): true | string {
    switch (this.digestFor(upstream)?.challenge(response)) {
      case "retry":
        return true;
      case undefined:
        return "Genesys asks for a password, and genesys.credentials has none";
      case "unsupported":
        return "Genesys asks for a password in a way that is not supported";
      case "rejected":
        return "Genesys refuses the password";
    }
  }

  /** The credentials are others now. */
  credentialsChanged(): void {
    this.digest = undefined;
  }

  private templateFor({ config }: Upstream): RegisterTemplate {
    const { dn, callId, fromTag } = this;
    const contact = this.context.contact(dn, config);
    if (this.template?.server !== config || this.template.contact !== contact)
      this.template = registerTemplate(dn, config, callId, fromTag, contact);
    return this.template;
  }

  private digestFor(upstream: Upstream): DigestClient | undefined {
    const credentials = this.context.credentials();
    if (credentials === undefined) return undefined;
    const { username = this.dn, password } = credentials;
    this.digest ??= new DigestClient({ username, password });
    // Another server has nonces of its own.
    if (this.digestServer !== upstream) this.digest.reset();
    this.digestServer = upstream;
    return this.digest;
  }
}
