import type { Service, ServiceContext } from "../../../lib/service";
import type { SipProxyConfig } from "./config";
import { SipProxy } from "./sip-proxy";

/** What can't be changed while the proxy runs: listeners, and where Asterisk and the trunk are. */
const wiring = (config: SipProxyConfig) =>
  JSON.stringify([
    [config.edge.address, config.edge.port, config.edge.path, config.edge.trustedProxies],
    [config.edge.limits.messageBytes, config.edge.limits.handshakeMs],
    [config.asterisk, config.ami, config.trunk, config.api],
    [config.genesys.sockets, config.genesys.localAddress],
  ]);

/** The proxy as a service: follows its configuration, and ends as the configuration says. */
export class SipProxyService implements Service<SipProxyConfig> {
  private constructor(
    private proxy: SipProxy,
    private config: SipProxyConfig,
    private readonly context: ServiceContext,
  ) {}

  static async start(config: SipProxyConfig, context: ServiceContext): Promise<SipProxyService> {
    return new SipProxyService(await SipProxy.start(config, context), config, context);
  }

  /** Ports of the listeners. */
  get listeners(): SipProxy["listeners"] {
    return this.proxy.listeners;
  }

  async reload(config: SipProxyConfig): Promise<void> {
    if (wiring(config) === wiring(this.config)) await this.proxy.reconfigure(config);
    else await this.restart(config);
    this.config = config;
  }

  async stop(): Promise<void> {
    if (this.config.releaseOnStop) await this.proxy.decommission();
    else await this.proxy.close();
  }

  /** Phones come back within seconds, and Genesys keeps the registrations meanwhile. */
  private async restart(config: SipProxyConfig): Promise<void> {
    this.context.log.warn("listeners or addresses have changed: the proxy starts anew");
    await this.proxy.close();
    try {
      this.proxy = await SipProxy.start(config, this.context);
    } catch (error) {
      this.proxy = await SipProxy.start(this.config, this.context);
      throw error;
    }
  }
}
