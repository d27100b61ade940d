import { Construct } from "constructs";
import type { MonitorConfigInput } from "../../assets/registration-monitor/src/config";
import { isWildcard } from "../../config";
import { Secrets } from "../service/secrets";
import type { ServiceContainer } from "../service/service-container";
import { TypescriptService, type TypescriptServiceContext } from "../service/typescript-service";

/**
 * Watches who is registered at Asterisk and at Genesys, and shows it. It can't act: its AMI user has no write class,
 * its token of sip-proxy is for looking only, and its database role may write its own timeline and nothing else.
 */
export class RegistrationMonitor extends Construct {
  /** Where its status page is, for nginx. */
  public readonly page: { readonly host: string; readonly port: number };
  public readonly container: ServiceContainer;

  constructor(scope: Construct, id: string, context: TypescriptServiceContext) {
    super(scope, id);
    const { asterisk, forwardingMode, monitor, postgres, sipProxy } = context.environment;
    const { address, port } = monitor;
    const loopback = address.includes(":") ? "::1" : "127.0.0.1";
    this.page = { host: isWildcard(address) ? loopback : address, port };
    const login = { username: "monitor", secret: Secrets.placeholder("ami-monitor") };
    this.container = new TypescriptService<MonitorConfigInput>(this, "typescript-service", {
      ...context,
      service: "registration-monitor",
      // 5000 DNs that all change at once take 160 MiB, 20,000 take 220.
      memory: 384,
      config: {
        mode: forwardingMode,
        range: { ...monitor.range },
        listen: { address, port },
        ami: { host: asterisk.internalAddress, port: asterisk.amiPort, ...login },
        metrics: { host: asterisk.internalAddress, port: asterisk.httpPort, ...login },
        database: {
          host: postgres.address,
          port: postgres.port,
          user: "monitor",
          password: Secrets.placeholder("postgres-monitor"),
        },
        timeline: { retentionHours: monitor.retentionHours },
        // In static mode sip-proxy forwards nothing, and has nothing to tell.
        ...(forwardingMode === "proxy" && {
          sipProxy: {
            host: sipProxy.address,
            port: sipProxy.apiPort,
            token: Secrets.placeholder("sip-proxy-api-read"),
          },
        }),
      },
    }).container;
  }
}
