import { Container, type ContainerMounts, type ContainerVolumes } from "@cdktf/provider-docker/lib/container";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ServiceImage } from "./service-image";

export interface ServiceContainerProps {
  /** Name of the environment: the container is called `<environment>-<service>`. */
  readonly environment: string;
  readonly service: string;
  readonly image: ServiceImage;
  /** The service's own unprivileged uid (constructs/service/users.ts). */
  readonly user: number;
  /** @default the image's own */
  readonly entrypoint?: readonly string[];
  /** Arguments for the entry point. @default the image's own */
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly volumes?: readonly ContainerVolumes[];
  readonly mounts?: readonly ContainerMounts[];
  /** @default "host" */
  readonly network?: "host" | "none";
  readonly sysctls?: Readonly<Record<string, string>>;
  /** @default none */
  readonly capabilities?: readonly string[];
  /** Writable places in memory: path to mount options. /tmp is always there. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Upper bound of memory in MiB; the engine kills the service beyond it. */
  readonly memory: number;
  /** Upper bound of processes and threads of the service's uid. */
  readonly processes: number;
  /** Upper bound of open files and sockets. @default 4096 */
  readonly openFiles?: number;
  /** Exits 0 when the service does its work; the deploy waits for it. */
  readonly healthcheck: readonly string[];
  /** Seconds between two health checks; the first one runs after as long. @default 10 */
  readonly healthInterval?: number;
  /** Seconds that the service is given between SIGTERM and SIGKILL. @default 15 */
  readonly stopTimeout?: number;
  /** Changes of this text replace the container: what it reads only when it starts. */
  readonly bootHash?: string;
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** Settings that every container of ours has, short-lived or not. */
export const hardened = {
  capabilities: { drop: ["ALL"] as string[] },
  readOnly: true,
  securityOpts: ["no-new-privileges:true"],
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "5" },
};

export function labels(environment: string, extra: Readonly<Record<string, string>> = {}) {
  return Object.entries({ "webrtc-genesys.environment": environment, ...extra }).map(([label, value]) => ({
    label,
    value,
  }));
}

/**
 * A long-running service: unprivileged, without capabilities, on a read-only root file system, bounded in memory,
 * processes, open files and log size, restarted when it dies, and waited for until it is healthy.
 */
export class ServiceContainer extends Construct implements ITerraformDependable {
  public readonly name: string;
  public readonly fqn: string;

  constructor(scope: Construct, id: string, props: ServiceContainerProps) {
    super(scope, id);
    this.name = `${props.environment}-${props.service}`;
    const container = new Container(this, "container", {
      ...hardened,
      name: this.name,
      image: props.image.reference,
      user: String(props.user),
      entrypoint: props.entrypoint && [...props.entrypoint],
      command: props.command && [...props.command],
      env: Object.entries(props.env ?? {}).map(([name, value]) => `${name}=${value}`),
      networkMode: props.network ?? "host",
      sysctls: props.sysctls && { ...props.sysctls },
      capabilities: { ...hardened.capabilities, add: props.capabilities && [...props.capabilities] },
      volumes: [...(props.volumes ?? [])],
      mounts: props.mounts && [...props.mounts],
      tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m", ...props.tmpfs },
      memory: props.memory,
      // Without swap: a service that swaps is slower than one that is restarted.
      memorySwap: props.memory,
      ulimit: [
        { name: "nofile", soft: props.openFiles ?? 4096, hard: props.openFiles ?? 4096 },
        // The provider has no pids limit. Each service has a uid of its own, so this one counts only its own.
        { name: "nproc", soft: props.processes, hard: props.processes },
      ],
      restart: "unless-stopped",
      stopTimeout: props.stopTimeout ?? 15,
      destroyGraceSeconds: props.stopTimeout ?? 15,
      healthcheck: {
        test: [...props.healthcheck],
        interval: `${props.healthInterval ?? 10}s`,
        // On a busy machine a new process in a container takes seconds to begin.
        timeout: "15s",
        retries: 3,
        startPeriod: "30s",
      },
      wait: true,
      waitTimeout: 120,
      labels: labels(props.environment, props.bootHash ? { "webrtc-genesys.boot": props.bootHash } : {}),
      dependsOn: [...(props.dependsOn ?? [])],
    });
    this.fqn = container.fqn;
  }
}
