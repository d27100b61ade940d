import type { GenesysServerConfig } from "../../../../assets/sip-proxy/src/config";
import type { NetworkEvents, OpenLink } from "../../../../assets/sip-proxy/src/forwarder/network";
import { type Clock, DigestServer, parseMessage, type SipRequest, SipResponse } from "../../../../lib/sip";

/** When copies of a packet arrive, in milliseconds from now; none: it is lost. */
export type Fate = readonly number[];

interface Binding {
  readonly callId: string;
  readonly cseq: number;
  readonly expiresAt: number;
}

/** A registrar by RFC 3261 10.3, with the transactions of 17.2.2: copies of a request get the same answer. */
export class FakeServer {
  /** False: packets to it vanish. */
  up = true;
  /** With `up` false: the system says that nobody listens (ICMP). */
  refuses = false;
  answersOptions = true;
  /** False: a REGISTER without a Contact is refused. */
  tellsBindings = true;
  /** Answer to a REGISTER that overrides the registrar's own. */
  script: ((request: SipRequest) => SipResponse | undefined) | undefined;
  /** Is told what is un-registered. */
  onUnregistered: (dn: string) => void = () => undefined;
  /** Seconds granted at most. */
  maxExpires = 3600;
  digest: DigestServer | undefined;
  /** Every REGISTER that arrived, copies included. */
  readonly received: SipRequest[] = [];
  readonly arrivals: number[] = [];
  private readonly bindings = new Map<string, Binding>();
  private readonly answers = new Map<string, { bytes: Buffer; at: number }>();

  constructor(private readonly clock: Clock) {}

  /** DNs that are registered now. */
  get dns(): string[] {
    const now = this.clock.now();
    for (const [dn, { expiresAt }] of this.bindings) if (expiresAt <= now) this.bindings.delete(dn);
    return [...this.bindings.keys()].sort();
  }

  /** Forgets everything, as a restart does. */
  restart(): void {
    this.bindings.clear();
    this.answers.clear();
  }

  requirePassword(password: string, algorithm: "MD5" | "SHA-256" = "MD5"): void {
    this.digest = new DigestServer({
      realm: "genesys",
      password: () => password,
      algorithms: [algorithm],
      clock: this.clock,
    });
  }

  receive(bytes: Buffer): Buffer | undefined {
    const request = parseMessage(bytes) as SipRequest;
    if (request.method === "OPTIONS") {
      return this.answersOptions ? SipResponse.to(request, 200).toBuffer() : undefined;
    }
    if (!request.has("Contact")) return this.query(request).toBuffer();
    this.received.push(request);
    this.arrivals.push(this.clock.now());
    const key = request.via.branch ?? "";
    const known = this.answers.get(key);
    // Timer J: 64*T1
    if (known !== undefined && this.clock.now() - known.at < 32_000) return known.bytes;
    const answer = this.script?.(request) ?? this.register(request);
    const answerBytes = answer.toBuffer();
    this.answers.set(key, { bytes: answerBytes, at: this.clock.now() });
    return answerBytes;
  }

  /** Fetching bindings (10.2.3). */
  private query(request: SipRequest): SipResponse {
    if (!this.tellsBindings) return SipResponse.to(request, 403);
    const challenge = this.challenge(request);
    if (challenge !== undefined) return challenge;
    const dn = /sip:(\d+)@/.exec(request.to.uri)?.[1] ?? "";
    const known = this.dns.includes(dn);
    return SipResponse.to(request, 200, { headers: known ? [["Contact", `<sip:${dn}@trunk.invalid>`]] : [] });
  }

  /** undefined: it may pass. */
  private challenge(request: SipRequest): SipResponse | undefined {
    const verdict = this.digest?.verify(request);
    if (verdict === undefined || verdict.ok) return undefined;
    return SipResponse.to(request, 401, { headers: verdict.challenges });
  }

  private register(request: SipRequest): SipResponse {
    const challenge = this.challenge(request);
    if (challenge !== undefined) return challenge;
    const dn = /sip:(\d+)@/.exec(request.to.uri)?.[1] ?? "";
    const now = this.clock.now();
    const known = this.bindings.get(dn);
    const { callId } = request;
    const cseq = request.cseq.number;
    // 10.3(7)
    if (known !== undefined && known.expiresAt > now && known.callId === callId && cseq <= known.cseq) {
      return SipResponse.to(request, 500, { reason: "Out of order" });
    }
    const expires = Math.min(request.expires ?? 3600, this.maxExpires);
    if (expires === 0 && this.bindings.delete(dn)) this.onUnregistered(dn);
    if (expires > 0) this.bindings.set(dn, { callId, cseq, expiresAt: now + expires * 1000 });
    const contact = request.get("Contact") ?? "";
    return SipResponse.to(request, 200, {
      headers: expires === 0 ? [] : [["Contact", `${contact};expires=${expires}`]],
    });
  }
}

/** Servers by address, and a network between that loses, delays, doubles and reorders. */
export class FakeGenesys {
  readonly servers = new Map<string, FakeServer>();
  /** Asked for each packet in each direction. */
  fate: () => Fate = () => [1];
  sent = 0;

  constructor(private readonly clock: Clock) {}

  server(host: string): FakeServer {
    let server = this.servers.get(host);
    if (server === undefined) {
      server = new FakeServer(this.clock);
      this.servers.set(host, server);
    }
    return server;
  }

  readonly openLink: OpenLink = (config: GenesysServerConfig, events: NetworkEvents) => {
    const server = this.server(config.host);
    let open = true;
    return {
      reliable: config.transport === "tcp",
      ready: Promise.resolve(),
      path: (key) => ({
        via: `SIP/2.0/${config.transport.toUpperCase()} 127.0.0.1:${40_000 + (key % 8)}`,
        send: (bytes) => {
          this.sent++;
          this.carry(() => {
            if (!server.up) {
              if (server.refuses && open) events.onFailure(new Error("connection refused"));
              return;
            }
            const answer = server.receive(bytes);
            if (answer !== undefined) this.carry(() => open && events.onMessage(answer));
          });
        },
      }),
      close: async () => {
        open = false;
      },
    };
  };

  carry(arrive: () => void): void {
    for (const delay of this.fate()) this.clock.after(delay, arrive);
  }
}
