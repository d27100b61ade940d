import { Construct } from "constructs";
import type { MonitorConfigInput } from "../../assets/registration-monitor/src/config";
import { Secrets } from "../service/secrets";
import { TypescriptService, type TypescriptServiceContext } from "../service/typescript-service";

/** Watches who is registered at Asterisk and at Genesys. It can't act: its AMI user has no write class. */
export class RegistrationMonitor extends Construct {
  constructor(scope: Construct, id: string, context: TypescriptServiceContext) {
    super(scope, id);
    const { asterisk, forwardingMode, monitor } = context.environment;
    const login = { username: "monitor", secret: Secrets.placeholder("ami-monitor") };
    new TypescriptService<MonitorConfigInput>(this, "typescript-service", {
      ...context,
      service: "registration-monitor",
      config: {
        mode: forwardingMode,
        range: { ...monitor.range },
        listen: { address: monitor.address, port: monitor.port },
        ami: { host: asterisk.internalAddress, port: asterisk.amiPort, ...login },
        metrics: { host: asterisk.internalAddress, port: asterisk.httpPort, ...login },
      },
    });
  }
}
