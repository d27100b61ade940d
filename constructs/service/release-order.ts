import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerVolumes } from "@cdktf/provider-docker/lib/container";
import { Volume } from "@cdktf/provider-docker/lib/volume";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ForwardingMode } from "../../config";
import { labels } from "./service-container";
import type { Service } from "./users";

const SCRIPT = readFileSync(join(__dirname, "..", "..", "assets", "release", "order"), "utf8");

/** A release that takes part, and the image that it waits for. */
export interface OrderedRelease {
  startAfter(other: ITerraformDependable): void;
  readonly image: ITerraformDependable;
}

/**
 * The order in which the services that have a part in `forwardingMode` take a switch of it over: their releases find
 * it by themselves, in `assets/release/order`. Terraform can't: turning a dependency between two resources around
 * makes a cycle of it, for their old instances are to be destroyed by the old order and the new one.
 */
export class ReleaseOrder extends Construct {
  private readonly volume: string;

  constructor(
    scope: Construct,
    id: string,
    environment: string,
    private readonly mode: ForwardingMode,
    private readonly services: readonly Service[],
  ) {
    super(scope, id);
    this.volume = new Volume(this, "volume", {
      name: `${environment}-release-order`,
      labels: labels(environment),
    }).name;
  }

  public get files(): Record<string, string> {
    return { "/release/order": SCRIPT };
  }

  public get volumes(): ContainerVolumes[] {
    return [{ volumeName: this.volume, containerPath: "/release/order.d" }];
  }

  public env(service: Service): Record<string, string> {
    return { RELEASE_ORDER: this.services.join(" "), RELEASE_MODE: this.mode, RELEASE_SERVICE: service };
  }

  /** They wait for each other, so none starts before all can: an image may take minutes. */
  public startTogether(releases: readonly OrderedRelease[]): void {
    for (const release of releases) for (const { image } of releases) release.startAfter(image);
  }
}
