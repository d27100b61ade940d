import type { Service, ServiceContext } from "../../../lib/service";
import type { SipProxyConfig } from "./config";
import { HepMirror } from "./hep/mirror";
import { Metrics } from "./metrics";
import { prometheusMetrics } from "./relay/prometheus";
import { RelayOnly } from "./relay/relay-only";
import { TrunkRelay } from "./relay/trunk-relay";
import { SipProxy } from "./sip-proxy";

/** What can't be changed while the proxy runs: listeners, and where Asterisk and the trunk are. */
const wiring = (config: SipProxyConfig) =>
  JSON.stringify([
    config.forwarding,
    [config.edge.address, config.edge.port, config.edge.path, config.edge.trustedProxies],
    [config.edge.limits.messageBytes, config.edge.limits.handshakeMs],
    [config.asterisk, config.ami, config.trunk, config.api.address, config.api.port],
    [config.genesys.sockets, config.genesys.localAddress],
  ]);

/** What the relay is made from. */
const relayWiring = ({ relay, ami, genesys }: SipProxyConfig) =>
  JSON.stringify(relay && [relay, ami, genesys.servers.map(({ host }) => host)]);

/** The proxy as a service: follows its configuration, and ends as the configuration says. */
export class SipProxyService implements Service<SipProxyConfig> {
  private proxy!: SipProxy | RelayOnly;
  private relay: TrunkRelay | undefined;
  /** They go on when a part starts anew. */
  private readonly metrics = new Metrics();
  private readonly relayMetrics = prometheusMetrics(this.metrics.registry);

  private readonly mirror: HepMirror;

  private constructor(
    private config: SipProxyConfig,
    private readonly context: ServiceContext,
  ) {
    this.mirror = new HepMirror(context.log, this.metrics.hep);
    this.mirror.configure(config.hep);
  }

  static async start(config: SipProxyConfig, context: ServiceContext): Promise<SipProxyService> {
    const service = new SipProxyService(config, context);
    // First, so that calls find their way as soon as Genesys hears of a DN.
    await service.startRelay(config);
    try {
      await service.startProxy(config);
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

  async reload(config: SipProxyConfig): Promise<void> {
    const relayChanges = relayWiring(config) !== relayWiring(this.config);
    if (relayChanges) await this.restartRelay(config);
    try {
      if (wiring(config) === wiring(this.config)) await this.proxy.reconfigure(config);
      else await this.restart(config);
    } catch (error) {
      if (relayChanges) await this.restartRelay(this.config);
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

  /** Phones come back within seconds, and Genesys keeps the registrations meanwhile. */
  private async restart(config: SipProxyConfig): Promise<void> {
    this.context.log.warn("listeners or addresses have changed: the proxy starts anew");
    await this.proxy.close();
    try {
      await this.startProxy(config);
    } catch (error) {
      await this.startProxy(this.config);
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
      await this.startRelay(this.config);
      throw error;
    }
  }

  private async startProxy(config: SipProxyConfig): Promise<void> {
    this.proxy = config.forwarding
      ? await SipProxy.start(config, this.context, this.metrics, this.mirror)
      : await RelayOnly.start(config, this.context, () => this.relay, this.metrics.registry);
  }

  private async startRelay({ relay, ami, genesys }: SipProxyConfig): Promise<void> {
    if (relay === undefined) return;
    this.relay = await TrunkRelay.start({
      config: relay,
      ami,
      genesys: genesys.servers.map(({ host }) => host),
      log: this.context.log,
      metrics: this.relayMetrics,
      mirror: this.mirror,
    });
  }
}
