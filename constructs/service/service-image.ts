import { Image } from "@cdktf/provider-docker/lib/image";
import { AssetType, type ITerraformDependable, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "../../config";
import { buildContext } from "./context";
import { offlineContext } from "./offline-images";

export interface ServiceImageProps {
  /** Folder below assets/, and the image's name. */
  readonly service: string;
  /** Image that its Dockerfile starts from: a base image's reference or another ServiceImage. */
  readonly base: string | ServiceImage;
  /** Where images come from in this environment. */
  readonly images: Environment["images"];
}

/**
 * How images are built. It is part of their hash: Terraform replaces an image when one of these changes, and an
 * image that is replaced under its own name can't be removed, because its successor is in use under it.
 */
export const BUILD = {
  // The package mirror may be reachable from the host's network only.
  networkMode: "host",
  // A step that fails leaves no container behind.
  forceRemove: true,
};

/**
 * The image of one service: built on the Docker host from `assets/<service>/`, or pulled from the registry that CI
 * pushed it to. When built, its tag is the hash of its context, so that an unchanged service is never replaced.
 */
export class ServiceImage extends Construct implements ITerraformDependable {
  /** `name:tag`, known at plan time; a reference to it makes a dependency on the image. */
  public readonly reference: string;
  /** `name:tag`, plain. */
  public readonly tag: string;
  /** What it is built from: the folder with the Dockerfile, and the image that this starts from. Absent when pulled. */
  public readonly recipe?: { readonly directory: string; readonly base: string };
  public readonly fqn: string;

  constructor(scope: Construct, id: string, props: ServiceImageProps) {
    super(scope, id);
    const { service, images } = props;
    if (images.source === "registry") {
      this.tag = `${images.prefix}/${service}:${images.tag}`;
      const image = new Image(this, "image", { name: this.tag });
      this.reference = image.name;
      this.fqn = image.fqn;
      return;
    }
    const base = typeof props.base === "string" ? props.base : props.base.tag;
    const context = buildContext(service, `${base} ${JSON.stringify(BUILD)}`);
    this.tag = `webrtc-genesys/${service}:${context.hash}`;
    this.recipe = { directory: context.directory, base };
    const asset = new TerraformAsset(this, "context", {
      path: offlineContext(this.tag) ?? context.directory,
      type: AssetType.DIRECTORY,
      assetHash: context.hash,
    });
    const image = new Image(this, "image", {
      name: this.tag,
      buildAttribute: {
        context: asset.path,
        buildArgs: { BASE: typeof props.base === "string" ? props.base : props.base.reference },
        ...BUILD,
      },
      // The new image is there before the container is replaced, and the old one is removed after that:
      // otherwise the engine refuses to remove an image that is in use, and the service is down while it builds.
      lifecycle: { createBeforeDestroy: true },
    });
    this.reference = image.name;
    this.fqn = image.fqn;
  }
}
