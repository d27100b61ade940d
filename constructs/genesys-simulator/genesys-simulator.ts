import { Construct } from "constructs";
import type { SimulatorConfigInput } from "../../assets/genesys-simulator/src/config";
import { Secrets } from "../service/secrets";
import { TypescriptService, type TypescriptServiceContext } from "../service/typescript-service";

/** Stands in for Genesys SIP Server, at the addresses that the environment gives for it. */
export class GenesysSimulator extends Construct {
  constructor(scope: Construct, id: string, context: TypescriptServiceContext) {
    super(scope, id);
    const { environment } = context;
    const { servers, credentials } = environment.genesys;
    new TypescriptService<SimulatorConfigInput>(this, "typescript-service", {
      ...context,
      service: "genesys-simulator",
      config: {
        servers: servers.map(({ host, port }, at) => ({
          name: at === 0 ? "primary" : `backup${at > 1 ? `-${at}` : ""}`,
          address: host,
          port,
        })),
        api: { address: "127.0.0.1", port: environment.simulatorPort },
        settings: {
          dns: [
            ...environment.allowedDns,
            ...environment.dns.map(({ number }) => ({ from: number, to: number })),
          ],
          // Most SIP Servers ask a trunk for no password; this one does when PUT /settings says so.
          digest: credentials && {
            username: credentials.username,
            password: Secrets.placeholder(credentials.secret),
          },
        },
      },
    });
  }
}
