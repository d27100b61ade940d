import type { Service, ServiceContext } from "../../../lib/service";
import type { SipProxyConfig } from "./config";
import { HepMirror } from "./hep/mirror";
import { Metrics } from "./metrics";
import type { OwnRegistrations } from "./relay/own-registrations";
import { prometheusMetrics } from "./relay/prometheus";
import { TrunkRelay } from "./relay/trunk-relay";
import { SipProxy } from "./sip-proxy";

/** What can't be changed while the proxy runs: listeners, and where Asterisk and the trunk are. */
const wiring = (config: SipProxyConfig) =>
  JSON.stringify([
    [config.edge.address, config.edge.port, config.edge.path, config.edge.trustedProxies],
    [config.edge.limits.messageBytes, config.edge.limits.handshakeMs],
    [config.asterisk, config.ami, config.trunk, config.api.address, config.api.port],
    [config.genesys.sockets, config.genesys.localAddress],
  ]);

/** What the relay is made from; Genesys' hosts it takes over while it runs. */
const relayWiring = ({ relay, ami }: SipProxyConfig) => JSON.stringify(relay && [relay, ami]);

const hostsOf = ({ genesys }: SipProxyConfig) => genesys.servers.map(({ host }) => host);

/** The proxy as a service: follows its configuration, and ends as the configuration says. */
export class SipProxyService implements Service<SipProxyConfig> {
  private proxy: SipProxy;
  private relay: TrunkRelay | undefined;
  /** What they were made from: one of them may have been made anew, and the other refused. */
  private inForce: { proxy: SipProxyConfig; relay: SipProxyConfig };
  /** They go on when a part starts anew. */
  private readonly metrics = new Metrics();
  private readonly relayMetrics = prometheusMetrics(this.metrics.registry);
  private readonly mirror: HepMirror;
  /** Of the proxy that runs now: the relay outlives it. */
  private readonly registrations: OwnRegistrations = {
    asks: (dn) => this.proxy.registrationsOfAsterisk.asks(dn),
    granted: (dn, expires) => this.proxy.registrationsOfAsterisk.granted(dn, expires),
    gaveUp: (dn, server) => this.proxy.registrationsOfAsterisk.gaveUp(dn, server),
  };

  private constructor(
    private config: SipProxyConfig,
    private readonly context: ServiceContext,
  ) {
    this.mirror = new HepMirror(context.log, this.metrics.hep);
    this.mirror.configure(config.hep);
    this.inForce = { proxy: config, relay: config };
    this.proxy = this.proxyFor(config);
  }

  static async start(config: SipProxyConfig, context: ServiceContext): Promise<SipProxyService> {
    const service = new SipProxyService(config, context);
    // First, so that calls find their way as soon as Genesys hears of a DN.
    await service.startRelay(config);
    try {
      await service.proxy.start();
    } catch (error) {
      await service.relay?.stop();
      service.mirror.close();
      throw error;
    }
    return service;
  }

  /** Ports of the listeners. */
  get listeners(): { readonly edge: number; readonly api: number } {
    return this.proxy.listeners;
  }

  /** Takes a configuration over, the mode too; or rejects, and everything is as before. */
  async reload(config: SipProxyConfig): Promise<void> {
    try {
      await this.takeOver(config);
    } catch (error) {
      await this.takeOver(this.config);
      throw error;
    }
    this.mirror.configure(config.hep);
    this.config = config;
  }

  async stop(): Promise<void> {
    if (this.config.releaseOnStop) await this.proxy.decommission();
    else await this.proxy.close();
    await this.relay?.stop();
    this.mirror.close();
  }

  private async takeOver(config: SipProxyConfig): Promise<void> {
    const { inForce } = this;
    if (relayWiring(config) === relayWiring(inForce.relay)) await this.relay?.changeGenesys(hostsOf(config));
    else await this.restartRelay(config);
    inForce.relay = config;
    if (wiring(config) === wiring(inForce.proxy)) await this.proxy.reconfigure(config);
    else await this.restart(config);
    inForce.proxy = config;
  }

  /** Phones come back within seconds, and Genesys keeps the registrations meanwhile. */
  private async restart(config: SipProxyConfig): Promise<void> {
    this.context.log.warn("listeners or addresses have changed: the proxy starts anew");
    await this.proxy.close();
    this.proxy = this.proxyFor(config);
    try {
      await this.proxy.start();
    } catch (error) {
      this.proxy = this.proxyFor(this.inForce.proxy);
      await this.proxy.start();
      throw error;
    }
  }

  /** What is sent meanwhile is sent again by UDP; calls go on. */
  private async restartRelay(config: SipProxyConfig): Promise<void> {
    this.context.log.warn("the trunk relay starts anew");
    await this.relay?.stop();
    this.relay = undefined;
    try {
      await this.startRelay(config);
    } catch (error) {
      await this.startRelay(this.inForce.relay);
      throw error;
    }
  }

  private proxyFor(config: SipProxyConfig): SipProxy {
    const { context, metrics, mirror } = this;
    return new SipProxy(config, { context, metrics, mirror, relay: () => this.relay?.vitals });
  }

  private async startRelay(config: SipProxyConfig): Promise<void> {
    if (config.relay === undefined) return;
    this.relay = await TrunkRelay.start({
      config: config.relay,
      ami: config.ami,
      genesys: hostsOf(config),
      registrations: this.registrations,
      log: this.context.log,
      metrics: this.relayMetrics,
      mirror: this.mirror,
    });
  }
}
