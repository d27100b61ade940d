import { Container, type ContainerMounts, type ContainerVolumes } from "@cdktf/provider-docker/lib/container";
import { dependable, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { hardened, labels } from "./service-container";
import type { ServiceImage } from "./service-image";

export interface OneShotProps {
  readonly environment: string;
  /** The container is called `<environment>-<name>`. */
  readonly name: string;
  readonly image: ServiceImage;
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files that are put into the container before it starts: absolute path to text. No secrets. */
  readonly files: Readonly<Record<string, string>>;
  readonly volumes: readonly ContainerVolumes[];
  readonly mounts: readonly ContainerMounts[];
  /** Capabilities beside none; it runs as root, whose secret files it reads. */
  readonly capabilities: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly hash: string;
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * A container that does one thing and ends. The apply waits for it, and fails with its output when it fails.
 *
 * The failure is raised by a creation-time provisioner and not by a postcondition on `exit_code`: Terraform
 * evaluates a postcondition again on the recorded status in every later plan, which blocks the retry for good,
 * while a failed provisioner taints the container, so that the next deploy makes it anew.
 */
export class OneShot extends Construct implements ITerraformDependable {
  public readonly fqn: string;
  private readonly container: Container;

  constructor(scope: Construct, id: string, props: OneShotProps) {
    super(scope, id);
    this.container = new Container(this, "container", {
      ...hardened,
      name: `${props.environment}-${props.name}`,
      image: props.image.reference,
      user: "0",
      entrypoint: [...props.entrypoint],
      command: [...(props.command ?? [])],
      env: Object.entries(props.env ?? {}).map(([name, value]) => `${name}=${value}`),
      networkMode: "none",
      capabilities: { drop: ["ALL"], add: [...props.capabilities] },
      // Uploads go to the container's own layer before it starts: a read-only root would refuse them.
      readOnly: false,
      sysctls: { ...props.sysctls },
      tmpfs: { "/tmp": "rw,nosuid,nodev,size=64m" },
      // A quarter of a service's share: what checks a release runs beside calls.
      cpuShares: 256,
      memory: 512,
      memorySwap: 512,
      volumes: [...props.volumes],
      mounts: [...props.mounts],
      upload: Object.entries(props.files).map(([file, text]) => ({ file, content: literal(text) })),
      // A terminal keeps stdout and stderr in their order; without one, the provider records the engine's stream with
      // its frame headers, whose NUL bytes no environment variable can carry.
      tty: true,
      attach: true,
      logs: true,
      mustRun: false,
      restart: "no",
      labels: labels(props.environment, { "webrtc-genesys.release": props.hash }),
      dependsOn: [...(props.dependsOn ?? [])],
      provisioners: [
        {
          type: "local-exec",
          command: 'test "$STATUS" = 0 || { printf "%s\\n" "$OUTPUT" | tr -d "\\r" >&2; exit 1; }',
          environment: { STATUS: "${self.exit_code}", OUTPUT: "${self.container_logs}" },
        },
      ],
    });
    this.fqn = this.container.fqn;
  }

  public startAfter(other: ITerraformDependable): void {
    this.container.dependsOn = [...(this.container.dependsOn ?? []), dependable(other)];
  }
}

/** Text that Terraform takes as it is: its templates start with "${" and "%{", as does much of a dialplan. */
function literal(text: string): string {
  return text.replace(/[$%](?=\{)/g, (mark) => mark + mark);
}
