import { AmiClient, type ContactStatusEvent } from "../../../lib/ami";
import { type ServiceContext, within } from "../../../lib/service";
import { systemClock } from "../../../lib/sip";
import { Api, type ApiSource, type ApiTokens } from "./api";
import { AsteriskProbe } from "./asterisk-probe";
import type { SipProxyConfig } from "./config";
import { Edge } from "./edge/edge";
import { Forwarder, type Wish } from "./forwarder/forwarder";
import { type State, states } from "./forwarder/states";
import { networkLinks } from "./genesys/open-link";
import type { Mirror } from "./hep/mirror";
import { mirroredLinks } from "./hep/mirrored-links";
import type { Levels, Metrics } from "./metrics";
import { Reconciler } from "./reconcile";
import type { OwnRegistrations } from "./relay/own-registrations";
import { TimerWheel } from "./timer-wheel";
import { healthOf, type RegistrationView, type RelayVitals, viewOf } from "./views";

/** Milliseconds for un-registering every DN when the proxy is taken out of service; the whole stop has ten seconds. */
const RELEASE_DEADLINE = 6_000;

/** Milliseconds for what is being un-registered anyway when the proxy stops. */
const FINISH_DEADLINE = 2_000;

/** Milliseconds that adopting Asterisk's DNs may hold up a release; the reload has fifteen seconds. */
const ADOPTION_DEADLINE = 10_000;

/** Milliseconds for a session with an Asterisk that is there: it may have been started just now. */
const ASTERISK_DEADLINE = 5_000;

/** Milliseconds for its list of contacts: one that hangs is to be told of in time. */
const LIST_DEADLINE = 7_000;

export interface SipProxyParts {
  readonly context: ServiceContext;
  readonly metrics: Metrics;
  readonly mirror: Mirror;
  /** The relay's state; undefined: there is no relay. */
  relay(): RelayVitals | undefined;
}

/**
 * The proxy but for its relay: tunnel, forwarder, reconciliation with Asterisk, and the HTTP API. In static mode
 * (`forwarding` false) the tunnel takes no phones, and the forwarder registers nothing: it hands over to Asterisk what
 * it has, and keeps count of what Asterisk registers itself.
 */
export class SipProxy implements ApiSource {
  private readonly wheel = new TimerWheel(systemClock);
  private readonly forwarder: Forwarder;
  private readonly edge: Edge;
  private readonly ami: AmiClient;
  private readonly reconciler: Reconciler;
  private readonly probe: AsteriskProbe;
  private readonly api = new Api(this);
  private apiPort = 0;

  constructor(
    private config: SipProxyConfig,
    private readonly parts: SipProxyParts,
  ) {
    const { metrics, mirror } = parts;
    const { log } = parts.context;
    const { genesys, asterisk, ami } = config;
    const clock = this.wheel;
    this.forwarder = new Forwarder({
      clock,
      log,
      random: Math.random,
      openLink: mirroredLinks(networkLinks(genesys), mirror),
      settings: config,
      meter: metrics.forwarder,
    });
    this.edge = new Edge({
      config: config.edge,
      asterisk,
      events: this.forwarder,
      log,
      clock,
      meter: metrics.edge,
      mirror,
    });
    this.ami = new AmiClient({
      ...ami,
      allowedActions: ["PJSIPShowContacts", "PJSIPShowRegistrationsOutbound"],
      // Asterisk is on this host: nobody is spared by long waits.
      backoff: { initial: 250, maximum: 5_000 },
    });
    this.ami.on("lost", (error) => log.warn({ error: error.message }, "AMI connection lost"));
    this.ami.on("waiting", (error, ms) =>
      log.warn({ error: error.message, nextTryMs: ms }, "no AMI connection"),
    );
    this.ami.on("ready", () => log.info("AMI connected"));
    this.ami.on("contactStatus", (event) => this.contactChanged(event));
    this.reconciler = new Reconciler({
      source: this.ami,
      clock,
      log,
      interval: () => this.config.reconcileSeconds,
      contactsMatter: () => this.config.forwarding,
      applyContacts: (contacts, askedAt) =>
        metrics.reconciled(this.forwarder.reconcile(contacts, askedAt, Date.now())),
      applyRegistrations: (registrations, askedAt) => this.forwarder.asteriskHas(registrations, askedAt),
      onFailure: () => metrics.reconcileFailed(),
    });
    this.probe = new AsteriskProbe(clock, asterisk);
    metrics.watch(() => this.levels());
  }

  /** Resolves when phones can connect, or in static mode when it can be asked. Rejects, and leaves nothing open then. */
  async start(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Ports of the listeners. */
  get listeners(): { readonly edge: number; readonly api: number } {
    return { edge: this.edge.port, api: this.apiPort };
  }

  /** Keeps count of Asterisk's own registrations, for the relay. */
  get registrationsOfAsterisk(): OwnRegistrations {
    return this.forwarder;
  }

  /**
   * Takes over what can be changed while it runs, the mode too. To proxy mode, it resolves when Genesys has heard of
   * the DNs that Asterisk knows, or that is going on; to static mode at once: the DNs are handed over one by one.
   * Rejects when phones can't come in, or Asterisk can't tell who is registered.
   */
  async reconfigure(config: SipProxyConfig): Promise<void> {
    const before = this.config.forwarding;
    const switched = config.forwarding !== before;
    if (switched && config.forwarding) await this.edge.start();
    this.config = config;
    this.edge.reconfigure(config.edge);
    await this.forwarder.reconfigure(config);
    if (!switched) return;
    if (config.forwarding) await this.adopt();
    else {
      this.edge.drain(config.edge.drainSeconds);
      this.log.info({ sockets: this.edge.total, handingOver: this.forwarder.handingOver }, STATIC);
      void this.reconciler.run();
    }
  }

  /** Un-registers every DN at Genesys, as far as time allows, and closes everything. */
  async decommission(): Promise<void> {
    this.reconciler.stop();
    await this.edge.stop();
    const left = await this.forwarder.releaseAll(RELEASE_DEADLINE);
    if (left > 0) this.log.warn({ dns: left }, "not un-registered at Genesys in time: they will expire");
    await this.close();
  }

  /** Closes everything; phones are told to come back. Genesys keeps the registrations: the next instance adopts them. */
  async close(): Promise<void> {
    this.probe.stop();
    this.reconciler.stop();
    await Promise.all([this.ami.stop(), this.edge.stop(), this.api.close()]);
    await this.forwarder.finish(FINISH_DEADLINE);
    await this.forwarder.stop();
  }

  health(): { readonly ready: boolean; readonly body: unknown } {
    return healthOf({
      forwarding: this.config.forwarding,
      relay: this.parts.relay(),
      listening: this.edge.listening,
      ami: this.ami.state,
      amiError: this.ami.lastError?.message,
      asteriskError: this.probe.error,
      sockets: this.edge.total,
      handingOver: this.forwarder.handingOver,
      release: this.config.release,
      servers: this.forwarder.upstreams.all,
    });
  }

  metrics(): ReturnType<Metrics["page"]> {
    return this.parts.metrics.page();
  }

  tokens(): ApiTokens {
    return this.config.api;
  }

  registrations(): readonly RegistrationView[] {
    const offset = this.wallOffset();
    const byNumber = (one: RegistrationView, other: RegistrationView) => (one.dn < other.dn ? -1 : 1);
    return [...this.forwarder.all()].map((line) => viewOf(line, this.wheel.now(), offset)).sort(byNumber);
  }

  registration(dn: string): RegistrationView | undefined {
    const line = this.forwarder.get(dn);
    return line && viewOf(line, this.wheel.now(), this.wallOffset());
  }

  fulfil(wish: Wish, dn: string): ReturnType<ApiSource["fulfil"]> {
    const outcome = this.forwarder.fulfil(wish, dn);
    return "line" in outcome
      ? viewOf(outcome.line, this.wheel.now(), this.wallOffset())
      : { status: outcome.refused === "unknown" ? 404 : 409, error: outcome.why };
  }

  private get log(): ServiceContext["log"] {
    return this.parts.context.log;
  }

  private levels(): Levels {
    const dns = new Map<State, number>(states.map((state) => [state, 0]));
    let dnsDisabled = 0;
    for (const { registration, disabled } of this.forwarder.all()) {
      dns.set(registration.state, (dns.get(registration.state) ?? 0) + 1);
      if (disabled) dnsDisabled++;
    }
    return {
      forwarding: this.config.forwarding,
      dns,
      dnsDisabled,
      dnsHandingOver: this.forwarder.handingOver,
      dnsOfAsterisk: this.forwarder.asterisks,
      sockets: this.edge.total,
      socketsWaiting: this.edge.waiting,
      addressesWaiting: this.edge.addressesWaiting,
      registersWaiting: this.forwarder.pacer.waiting,
      servers: this.forwarder.upstreams.all,
      amiReady: this.ami.state === "ready",
    };
  }

  private async open(): Promise<void> {
    const { api, forwarding } = this.config;
    await this.forwarder.start();
    this.reconciler.start();
    this.ami.start();
    await this.probe.start();
    if (forwarding) await this.edge.start();
    this.apiPort = await this.api.listen(api.address, api.port);
    if (forwarding) this.log.info(this.listeners, "phones can connect");
    else this.log.info({ api: this.apiPort }, STATIC);
  }

  /** Registers what Asterisk has already, before its own registrations are taken away. */
  private async adopt(): Promise<void> {
    const { log } = this;
    const deadline = Date.now() + ADOPTION_DEADLINE;
    if (!(await this.asteriskIsThere())) {
      log.warn("Asterisk is not running: there are no DNs to adopt");
      return;
    }
    await within(this.reconciler.ask(), LIST_DEADLINE, "its list of contacts").catch((error: Error) => {
      throw new Error(
        `Asterisk can't tell which DNs are registered, so none can be adopted: ${error.message}`,
      );
    });
    while (this.forwarder.unanswered > 0 && Date.now() < deadline) await pause(50);
    const { unanswered } = this.forwarder;
    log.info({ ...this.listeners, unanswered }, "phones can connect, and Asterisk's DNs are adopted");
    if (unanswered > 0)
      log.warn({ dns: unanswered }, "Genesys has not answered for all of them yet: that goes on");
  }

  /** Waits for the connection to Asterisk. False: nobody listens there. Rejects when somebody does, and won't have us. */
  private async asteriskIsThere(): Promise<boolean> {
    if (this.ami.state !== "ready" && (await this.probe.look()) !== undefined) return false;
    const deadline = Date.now() + ASTERISK_DEADLINE;
    while (this.ami.state !== "ready" && Date.now() < deadline) await pause(50);
    if (this.ami.state === "ready") return true;
    const why = this.ami.lastError?.message ?? `no session within ${ASTERISK_DEADLINE / 1000} s`;
    throw new Error(`Asterisk can't be asked which DNs are registered: ${why}`);
  }

  /** In proxy mode phones may still be connected to Asterisk past the tunnel: by sockets from before the switch. */
  private contactChanged({ aor, uri, status }: ContactStatusEvent): void {
    if (!this.config.forwarding) return;
    if (status === "Removed") this.forwarder.contactRemoved(aor, uri);
    else if (!this.forwarder.knows(aor)) this.reconciler.soon(() => !this.forwarder.knows(aor));
  }

  private wallOffset(): number {
    return Date.now() - this.wheel.now();
  }
}

const STATIC = "no registrations are forwarded: Asterisk registers itself";

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
