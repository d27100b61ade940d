import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { OneShot } from "./one-shot";
import type { OrderedRelease, ReleaseOrder } from "./release-order";
import { Secrets } from "./secrets";
import type { ServiceImage } from "./service-image";
import type { ServiceVolumes } from "./service-volumes";
import { type Service, users } from "./users";

const SCRIPT = readFileSync(join(__dirname, "..", "..", "assets", "release", "release"), "utf8");

/** Stands in rendered files for the hash of the release that they belong to. */
export const RELEASE_PLACEHOLDER = "@{release}";

/** What the script needs wherever it runs; the image is the service's own. */
export const releaseRights = {
  capabilities: ["CAP_CHOWN", "CAP_DAC_READ_SEARCH", "CAP_SETGID", "CAP_SETUID"],
  // The check may bind the addresses of the host, which a container without a network doesn't have.
  sysctls: { "net.ipv4.ip_nonlocal_bind": "1" },
} as const;

/** The script's settings: whose files it puts in force, and seconds for the service's check and reload. */
export function releaseSettings(service: Service, { checkDeadline = 60, reloadDeadline = 20 } = {}) {
  return {
    SERVICE_UID: String(users[service]),
    CHECK_DEADLINE: String(checkDeadline),
    RELOAD_DEADLINE: String(reloadDeadline),
  };
}

export interface ReleaseProps {
  readonly environment: string;
  readonly service: Service;
  readonly image: ServiceImage;
  readonly volumes: ServiceVolumes;
  /** The rendered files: path below /config/current to text, with placeholders for secrets. */
  readonly files: Readonly<Record<string, string>>;
  readonly secrets: Secrets;
  /** Seconds for the service's own check: a machine that does much else takes its time. @default 60 */
  readonly checkDeadline?: number;
  /** Seconds for a running service to take the files over. @default 20 */
  readonly reloadDeadline?: number;
  /** When it belongs together with releases of other services. */
  readonly order?: ReleaseOrder;
}

/**
 * A set of rendered files that a service takes over as one (docs/architecture.md, decision 2): filled with secrets,
 * checked by the service itself, switched to in one step, loaded by the running service; or none of it.
 */
export class Release extends Construct implements ITerraformDependable, OrderedRelease {
  /** 12 hexadecimal digits over the files, before secrets are filled in. */
  public readonly hash: string;
  public readonly fqn: string;
  public readonly image: ServiceImage;
  private readonly oneShot: OneShot;

  constructor(scope: Construct, id: string, props: ReleaseProps) {
    super(scope, id);
    const { order, image } = props;
    this.image = image;
    this.hash = hashFiles({ ...props.files, ...order?.files, "": SCRIPT });
    const uploads = Object.entries(props.files).map(([path, text]) => [`/release/files/${path}`, text]);
    const secretNames = Secrets.namesIn(...Object.values(props.files));
    this.oneShot = new OneShot(this, "one-shot", {
      environment: props.environment,
      name: `${props.service}-release`,
      image,
      entrypoint: ["/usr/bin/perl", "/release/run"],
      env: {
        RELEASE_HASH: this.hash,
        ...releaseSettings(props.service, props),
        ...order?.env(props.service),
      },
      files: { "/release/run": SCRIPT, ...order?.files, ...Object.fromEntries(uploads) },
      volumes: [...props.volumes.writable, ...(order?.volumes ?? [])],
      mounts: secretNames.map((name) => props.secrets.mount(name)),
      ...releaseRights,
      hash: this.hash,
    });
    this.fqn = this.oneShot.fqn;
  }

  public startAfter(other: ITerraformDependable): void {
    this.oneShot.startAfter(other);
  }
}

/** 12 hexadecimal digits over names and texts, whatever their order. */
export function hashFiles(files: Readonly<Record<string, string>>): string {
  const hash = createHash("sha256");
  for (const [name, text] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name.length}:${name}${text.length}:${text}`);
  }
  return hash.digest("hex").slice(0, 12);
}
