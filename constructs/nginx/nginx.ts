import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type Environment, hostPort } from "../../config";
import { baseImages } from "../service/base-images";
import { Release } from "../service/release";
import type { ReleaseOrder } from "../service/release-order";
import type { Secrets } from "../service/secrets";
import { ServiceContainer } from "../service/service-container";
import { ServiceImage } from "../service/service-image";
import { ServiceVolumes } from "../service/service-volumes";
import { users } from "../service/users";
import { renderNginxFiles } from "./render";

export interface NginxProps {
  readonly environment: Environment;
  readonly secrets: Secrets;
  readonly order: ReleaseOrder;
  /** Where /ws goes. */
  readonly upstream: { readonly host: string; readonly port: number };
  /** Where /status/ goes. */
  readonly monitor: { readonly host: string; readonly port: number };
  /** Where /api/ and /calls/ go; absent where there is no call-control. */
  readonly callControl?: { readonly host: string; readonly port: number };
  /** What has to be up before the first phone comes in. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** TLS in front of everything: the phones' WebSocket and the web pages. */
export class Nginx extends Construct {
  public readonly image: ServiceImage;
  public readonly volumes: ServiceVolumes;
  public readonly container: ServiceContainer;
  public readonly release: Release;

  constructor(scope: Construct, id: string, props: NginxProps) {
    super(scope, id);
    const { environment, secrets } = props;
    const { address, port, httpPort, drainSeconds } = environment.nginx;
    this.image = new ServiceImage(this, "image", {
      service: "nginx",
      base: baseImages.trixie.reference,
      images: environment.images,
    });
    this.volumes = new ServiceVolumes(this, "volumes", environment.name, "nginx");
    this.release = new Release(this, "release", {
      environment: environment.name,
      service: "nginx",
      image: this.image,
      volumes: this.volumes,
      secrets,
      order: props.order,
      files: renderNginxFiles({
        address,
        port,
        httpPort,
        drainSeconds,
        upstream: props.upstream,
        phone: { ...environment.phone, talkEvents: environment.talkEvents === "relay" },
        monitor: props.monitor,
        callControl: props.callControl,
      }),
    });
    this.container = new ServiceContainer(this, "service", {
      environment: environment.name,
      service: "nginx",
      image: this.image,
      user: users.nginx,
      env: { STATUS_ADDRESS: hostPort(address, httpPort) },
      volumes: this.volumes.mounted,
      // 65 KiB for each phone, and 17 MiB for the workers of a release, of which eleven may be there at a time.
      memory: 768,
      processes: 128,
      openFiles: 16384,
      healthcheck: ["CMD", "/usr/local/bin/status"],
      healthInterval: 5,
      dependsOn: [this.release, ...props.dependsOn],
    });
  }
}
