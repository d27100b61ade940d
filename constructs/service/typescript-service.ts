import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "../../config";
import { RELEASE_PLACEHOLDER, Release } from "./release";
import type { ReleaseOrder } from "./release-order";
import type { Secrets } from "./secrets";
import { ServiceContainer } from "./service-container";
import { ServiceImage } from "./service-image";
import { ServiceVolumes } from "./service-volumes";
import { type Service, users } from "./users";

/** What the stack hands to each of our own services. */
export interface TypescriptServiceContext {
  readonly environment: Environment;
  readonly secrets: Secrets;
  /** The Node.js image that its own starts from. */
  readonly nodejs: ServiceImage;
  /** What has to be up before it starts. */
  readonly dependsOn?: readonly ITerraformDependable[];
}

export interface TypescriptServiceProps<Config> extends TypescriptServiceContext {
  readonly service: Service;
  /** What it reads from config.json, with placeholders for secrets; the release's hash is added. */
  readonly config: Omit<Config, "release">;
  /** MiB. @default 192 */
  readonly memory?: number;
  /** @default 4096 */
  readonly openFiles?: number;
  readonly order?: ReleaseOrder;
}

/** One of our own services: an image from `assets/<service>`, config.json by a release, and the container. */
export class TypescriptService<Config> extends Construct {
  public readonly container: ServiceContainer;
  public readonly release: Release;

  constructor(scope: Construct, id: string, props: TypescriptServiceProps<Config>) {
    super(scope, id);
    const { environment, service, secrets } = props;
    const image = new ServiceImage(this, "image", {
      service,
      base: props.nodejs,
      images: environment.images,
    });
    const volumes = new ServiceVolumes(this, "volumes", environment.name, service);
    this.release = new Release(this, "release", {
      environment: environment.name,
      service,
      image,
      volumes,
      secrets,
      order: props.order,
      files: {
        "config.json": `${JSON.stringify({ release: RELEASE_PLACEHOLDER, ...props.config }, null, 2)}\n`,
      },
    });
    this.container = new ServiceContainer(this, "service", {
      environment: environment.name,
      service,
      image,
      user: users[service],
      volumes: volumes.mounted,
      memory: props.memory ?? 192,
      processes: 64,
      openFiles: props.openFiles,
      healthcheck: ["CMD", "/usr/local/bin/healthcheck"],
      dependsOn: [this.release, ...(props.dependsOn ?? [])],
    });
  }
}
