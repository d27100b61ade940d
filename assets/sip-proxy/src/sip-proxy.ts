import { AmiClient } from "../../../lib/ami";
import type { ServiceContext } from "../../../lib/service";
import { systemClock } from "../../../lib/sip";
import { Api, type ApiSource, type ApiTokens } from "./api";
import { AsteriskProbe } from "./asterisk-probe";
import type { SipProxyConfig } from "./config";
import { Edge } from "./edge/edge";
import { Forwarder, type Wish } from "./forwarder/forwarder";
import { type State, states } from "./forwarder/states";
import { networkLinks } from "./genesys/open-link";
import { type Mirror, noMirror } from "./hep/mirror";
import { mirroredLinks } from "./hep/mirrored-links";
import { type Levels, Metrics } from "./metrics";
import { Reconciler } from "./reconcile";
import { TimerWheel } from "./timer-wheel";
import { healthOf, type RegistrationView, viewOf } from "./views";

/** Milliseconds for un-registering every DN when the proxy is taken out of service; the whole stop has ten seconds. */
const RELEASE_DEADLINE = 6_000;

/** The proxy: tunnel, forwarder, reconciliation with Asterisk, and the HTTP API. */
export class SipProxy implements ApiSource {
  private readonly wheel = new TimerWheel(systemClock);
  private readonly forwarder: Forwarder;
  private readonly edge: Edge;
  private readonly ami: AmiClient;
  private readonly reconciler: Reconciler;
  private readonly probe: AsteriskProbe;
  private readonly api = new Api(this);
  private ports = { edge: 0, api: 0 };

  private constructor(
    private config: SipProxyConfig,
    private readonly context: ServiceContext,
    private readonly meters: Metrics,
    mirror: Mirror,
  ) {
    const { log } = context;
    const { genesys, asterisk, ami } = config;
    const clock = this.wheel;
    this.forwarder = new Forwarder({
      clock,
      log,
      random: Math.random,
      openLink: mirroredLinks(networkLinks(genesys), mirror),
      settings: config,
      meter: meters.forwarder,
    });
    this.edge = new Edge({
      config: config.edge,
      asterisk,
      events: this.forwarder,
      log,
      clock,
      meter: meters.edge,
      mirror,
    });
    this.ami = new AmiClient({ ...ami, allowedActions: ["PJSIPShowContacts"] });
    this.ami.on("lost", (error) => log.warn({ error: error.message }, "AMI connection lost"));
    this.ami.on("waiting", (error, ms) =>
      log.warn({ error: error.message, nextTryMs: ms }, "no AMI connection"),
    );
    this.ami.on("ready", () => log.info("AMI connected"));
    this.reconciler = new Reconciler({
      source: this.ami,
      clock,
      log,
      interval: () => this.config.reconcileSeconds,
      apply: (contacts, askedAt) =>
        meters.reconciled(this.forwarder.reconcile(contacts, askedAt, Date.now())),
      onFailure: () => meters.reconcileFailed(),
    });
    this.probe = new AsteriskProbe(clock, asterisk);
    meters.watch(() => this.levels());
  }

  /** Resolves when phones can connect. */
  static async start(
    config: SipProxyConfig,
    context: ServiceContext,
    metrics = new Metrics(),
    mirror = noMirror,
  ): Promise<SipProxy> {
    const proxy = new SipProxy(config, context, metrics, mirror);
    try {
      await proxy.open();
      return proxy;
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  /** Ports of the listeners. */
  get listeners(): { readonly edge: number; readonly api: number } {
    return this.ports;
  }

  /** Takes over what can be changed while it runs. */
  async reconfigure(config: SipProxyConfig): Promise<void> {
    this.config = config;
    this.edge.reconfigure(config.edge);
    await this.forwarder.reconfigure(config);
  }

  /** Un-registers every DN at Genesys, as far as time allows, and closes everything. */
  async decommission(): Promise<void> {
    this.reconciler.stop();
    await this.edge.stop();
    const left = await this.forwarder.releaseAll(RELEASE_DEADLINE);
    if (left > 0)
      this.context.log.warn({ dns: left }, "not un-registered at Genesys in time: they will expire");
    await this.close();
  }

  /** Closes everything; phones are told to come back. Genesys keeps the registrations: the next instance adopts them. */
  async close(): Promise<void> {
    this.probe.stop();
    this.reconciler.stop();
    await Promise.all([this.ami.stop(), this.edge.stop(), this.api.close()]);
    await this.forwarder.stop();
  }

  health(): { readonly ready: boolean; readonly body: unknown } {
    return healthOf({
      listening: this.edge.listening,
      ami: this.ami.state,
      amiError: this.ami.lastError?.message,
      asteriskError: this.probe.error,
      sockets: this.edge.total,
      release: this.config.release,
      servers: this.forwarder.upstreams.all,
    });
  }

  metrics(): ReturnType<Metrics["page"]> {
    return this.meters.page();
  }

  tokens(): ApiTokens {
    return this.config.api;
  }

  registrations(): readonly RegistrationView[] {
    const offset = this.wallOffset();
    const byNumber = (one: RegistrationView, other: RegistrationView) => (one.dn < other.dn ? -1 : 1);
    return [...this.forwarder.all()].map((line) => viewOf(line, offset)).sort(byNumber);
  }

  registration(dn: string): RegistrationView | undefined {
    const line = this.forwarder.get(dn);
    return line && viewOf(line, this.wallOffset());
  }

  fulfil(wish: Wish, dn: string): ReturnType<ApiSource["fulfil"]> {
    const outcome = this.forwarder.fulfil(wish, dn);
    return "line" in outcome
      ? viewOf(outcome.line, this.wallOffset())
      : { status: outcome.refused === "unknown" ? 404 : 409, error: outcome.why };
  }

  private levels(): Levels {
    const dns = new Map<State, number>(states.map((state) => [state, 0]));
    let dnsDisabled = 0;
    for (const { registration, disabled } of this.forwarder.all()) {
      dns.set(registration.state, (dns.get(registration.state) ?? 0) + 1);
      if (disabled) dnsDisabled++;
    }
    return {
      dns,
      dnsDisabled,
      sockets: this.edge.total,
      socketsWaiting: this.edge.waiting,
      addressesWaiting: this.edge.addressesWaiting,
      registersWaiting: this.forwarder.pacer.waiting,
      servers: this.forwarder.upstreams.all,
      amiReady: this.ami.state === "ready",
    };
  }

  private async open(): Promise<void> {
    const { api } = this.config;
    await this.forwarder.start();
    this.reconciler.start();
    this.ami.start();
    await this.probe.start();
    await this.edge.start();
    this.ports = { edge: this.edge.port, api: await this.api.listen(api.address, api.port) };
    this.context.log.info({ ...this.ports }, "phones can connect");
  }

  private wallOffset(): number {
    return Date.now() - this.wheel.now();
  }
}
