import type { Registry } from "prom-client";
import type { ServiceContext } from "../../../../lib/service";
import { Api, type ApiSource } from "../api";
import type { SipProxyConfig } from "../config";
import type { RegistrationView } from "../views";
import type { TrunkRelay } from "./trunk-relay";

/**
 * What the service is besides the relay when it forwards no registrations (static mode: phones reach Asterisk without
 * a tunnel, and Asterisk registers at Genesys itself): its health page.
 */
export class RelayOnly implements ApiSource {
  private readonly api = new Api(this);
  private port = 0;

  private constructor(
    private config: SipProxyConfig,
    private readonly relay: () => TrunkRelay | undefined,
    private readonly registry: Registry,
  ) {}

  static async start(
    config: SipProxyConfig,
    { log }: ServiceContext,
    relay: () => TrunkRelay | undefined,
    registry: Registry,
  ): Promise<RelayOnly> {
    const self = new RelayOnly(config, relay, registry);
    self.port = await self.api.listen(config.api.address, config.api.port);
    log.info({ api: self.port }, "no registrations are forwarded: Asterisk registers itself");
    return self;
  }

  get listeners(): { readonly edge: number; readonly api: number } {
    return { edge: 0, api: this.port };
  }

  async reconfigure(config: SipProxyConfig): Promise<void> {
    this.config = config;
  }

  decommission(): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    return this.api.close();
  }

  /** The relay listens as long as it is there. AMI is shown, but calls don't need it. */
  health(): { readonly ready: boolean; readonly body: unknown } {
    const relay = this.relay();
    const ready = relay !== undefined;
    return {
      ready,
      body: {
        status: ready ? "ok" : "starting",
        release: this.config.release,
        relay: { ami: relay?.amiState ?? "off" },
      },
    };
  }

  async metrics(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }

  /** Nobody gets in: there is nothing behind it. */
  tokens(): Record<string, never> {
    return {};
  }

  registrations(): readonly RegistrationView[] {
    return [];
  }

  registration(): RegistrationView | undefined {
    return undefined;
  }

  fulfil(): { readonly status: 404; readonly error: string } {
    return { status: 404, error: "no registrations are forwarded: Asterisk registers itself" };
  }
}
