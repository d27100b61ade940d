import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Environment } from "../config";
import { Asterisk } from "../constructs/asterisk/asterisk";
import { CallControl } from "../constructs/call-control/call-control";
import { GenesysSimulator } from "../constructs/genesys-simulator/genesys-simulator";
import { Nginx } from "../constructs/nginx/nginx";
import { NginxCertificate } from "../constructs/nginx/nginx-certificate";
import { Postgres } from "../constructs/postgres/postgres";
import { RegistrationMonitor } from "../constructs/registration-monitor/registration-monitor";
import { baseImages } from "../constructs/service/base-images";
import { ReleaseOrder } from "../constructs/service/release-order";
import { Secrets } from "../constructs/service/secrets";
import { ServiceImage } from "../constructs/service/service-image";
import { SipProxy } from "../constructs/sip-proxy/sip-proxy";
import { StateBackend } from "./state-backend";

/** One environment: everything that runs on its Docker host. */
export class WebrtcGenesysStack extends TerraformStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, environment.name);
    new StateBackend(this, environment);
    new DockerProvider(this, "docker", {
      host: environment.docker.host,
      certPath: environment.docker.certPath,
      sshOpts: environment.docker.sshOptions ? [...environment.docker.sshOptions] : undefined,
    });
    const secrets = new Secrets(environment.secrets.directory);
    const nodejs = new ServiceImage(this, "nodejs", {
      service: "nodejs",
      base: baseImages.trixie.reference,
      images: environment.images,
    });
    const common = { environment, secrets, nodejs };

    // Who registers DNs from now on comes first, then the phones' way, and who has done so comes last: whatever fails on
    // the way, DNs stay registered. Containers start in one order in both modes.
    const order = new ReleaseOrder(
      this,
      "release-order",
      environment.name,
      environment.forwardingMode,
      environment.forwardingMode === "proxy"
        ? ["sip-proxy", "nginx", "asterisk"]
        : ["asterisk", "nginx", "sip-proxy"],
    );

    const postgres = new Postgres(this, "postgres", common);
    const asterisk = new Asterisk(this, "asterisk", {
      environment,
      secrets,
      order,
      dependsOn: [postgres.provisioned],
    });
    const monitor = new RegistrationMonitor(this, "registration-monitor", {
      ...common,
      dependsOn: [asterisk.container],
    });
    const callControl =
      environment.callControl &&
      new CallControl(this, "call-control", {
        ...common,
        callControl: environment.callControl,
        dependsOn: [asterisk.container],
      });
    if (environment.genesys.simulator) new GenesysSimulator(this, "genesys-simulator", common);

    const proxy = new SipProxy(this, "sip-proxy", { ...common, order, dependsOn: [asterisk.container] });
    const { internalAddress, httpPort } = environment.asterisk;
    const upstream =
      environment.forwardingMode === "proxy" ? proxy.edge : { host: internalAddress, port: httpPort };
    const nginx = new Nginx(this, "nginx", {
      environment,
      secrets,
      order,
      upstream,
      monitor: monitor.page,
      callControl: callControl?.http,
      // Not on the monitor and call-control: phones come in while these are away.
      dependsOn: [proxy.container],
    });
    order.startTogether([asterisk.release, nginx.release, proxy.release]);
    new NginxCertificate(this, "nginx-certificate", { environment: environment.name, secrets, nginx });
  }
}
