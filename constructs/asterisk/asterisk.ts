import type { ContainerVolumes } from "@cdktf/provider-docker/lib/container";
import { Volume } from "@cdktf/provider-docker/lib/volume";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "../../config";
import { baseImages } from "../service/base-images";
import { hashFiles, Release } from "../service/release";
import type { ReleaseOrder } from "../service/release-order";
import type { Secrets } from "../service/secrets";
import { labels, ServiceContainer } from "../service/service-container";
import { ServiceImage } from "../service/service-image";
import { ServiceVolumes } from "../service/service-volumes";
import { users } from "../service/users";
import { SPOOL_DIRECTORY } from "./core";
import { bootFiles, renderAsteriskFiles } from "./files";

export interface AsteriskProps {
  readonly environment: Environment;
  readonly secrets: Secrets;
  readonly order: ReleaseOrder;
  /** What has to be there before it starts: its database. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** The phones' registrar and B2BUA, and the trunk to Genesys. */
export class Asterisk extends Construct {
  public readonly container: ServiceContainer;
  public readonly release: Release;

  constructor(scope: Construct, id: string, props: AsteriskProps) {
    super(scope, id);
    const { environment, secrets } = props;
    const files = renderAsteriskFiles(environment);
    const image = new ServiceImage(this, "image", {
      service: "asterisk",
      base: baseImages.sid.reference,
      images: environment.images,
    });
    const volumes = new ServiceVolumes(this, "volumes", environment.name, "asterisk");
    this.release = new Release(this, "release", {
      environment: environment.name,
      service: "asterisk",
      image,
      volumes,
      secrets,
      files,
      order: props.order,
    });
    this.container = new ServiceContainer(this, "service", {
      environment: environment.name,
      service: "asterisk",
      image,
      user: users.asterisk,
      volumes: [...volumes.mounted, ...this.spool(environment)],
      memory: 2048,
      // A thread for each WebSocket connection, and some for each call.
      processes: 16384,
      openFiles: 16384,
      healthcheck: ["CMD", "/usr/local/bin/healthcheck"],
      healthInterval: 5,
      // It un-registers at Genesys, where it is registered, before it goes.
      stopTimeout: 20,
      bootHash: hashFiles(bootFiles(files)),
      dependsOn: [this.release, ...props.dependsOn],
    });
  }

  /** Where recordings outlive the container. Its owner is that of the directory in the image (assets/asterisk/Dockerfile). */
  private spool({ name, callControl }: Environment): ContainerVolumes[] {
    if (!callControl) return [];
    const volume = new Volume(this, "spool", { name: `${name}-asterisk-spool`, labels: labels(name) });
    return [{ volumeName: volume.name, containerPath: SPOOL_DIRECTORY }];
  }
}
