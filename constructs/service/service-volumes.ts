import type { ContainerVolumes } from "@cdktf/provider-docker/lib/container";
import { Volume } from "@cdktf/provider-docker/lib/volume";
import { Construct } from "constructs";
import { labels } from "./service-container";
import type { Service } from "./users";

/** The two volumes of a service: what it is told (/config) and where it is told to read that again (/run/control). */
export class ServiceVolumes extends Construct {
  private readonly config: string;
  private readonly control: string;

  constructor(scope: Construct, id: string, environment: string, service: Service) {
    super(scope, id);
    const volume = (purpose: string) =>
      new Volume(this, purpose, { name: `${environment}-${service}-${purpose}`, labels: labels(environment) })
        .name;
    this.config = volume("config");
    this.control = volume("control");
  }

  /** As the service itself sees them: it can't change what it is told. */
  public get mounted(): ContainerVolumes[] {
    return [
      { volumeName: this.config, containerPath: "/config", readOnly: true },
      { volumeName: this.control, containerPath: "/run/control" },
    ];
  }

  /** As its release sees them. */
  public get writable(): ContainerVolumes[] {
    return [
      { volumeName: this.config, containerPath: "/config" },
      { volumeName: this.control, containerPath: "/run/control" },
    ];
  }
}
