import { Construct } from "constructs";
import { releaseRights, releaseSettings } from "../service/release";
import type { Secrets } from "../service/secrets";
import { ServiceContainer } from "../service/service-container";
import type { Nginx } from "./nginx";

export interface NginxCertificateProps {
  readonly environment: string;
  readonly secrets: Secrets;
  readonly nginx: Nginx;
}

/**
 * Puts a renewed certificate in force while nginx runs (docs/certificate.md). Beside nginx and not in it, because it needs
 * the key's file and the rights of a release, and nginx shall have neither.
 */
export class NginxCertificate extends Construct {
  constructor(scope: Construct, id: string, { environment, secrets, nginx }: NginxCertificateProps) {
    super(scope, id);
    new ServiceContainer(this, "service", {
      environment,
      service: "nginx-certificate",
      image: nginx.image,
      ...releaseRights,
      user: 0,
      network: "none",
      entrypoint: ["/usr/local/bin/certificate"],
      env: releaseSettings("nginx"),
      volumes: nginx.volumes.writable,
      // The directory, not the two files in it: a file that is mounted is the one of that moment, whatever replaces it.
      mounts: [secrets.mount("tls")],
      memory: 128,
      processes: 64,
      healthcheck: ["CMD", "/usr/local/bin/certificate", "health"],
      healthInterval: 5,
      // A release that it has begun comes to its end.
      stopTimeout: 60,
      dependsOn: [nginx.container],
    });
  }
}
