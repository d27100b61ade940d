import type { Image, Listener } from "../model/deployment";
import type { Severity } from "../severity";

/** Everything that a change does to one environment. Lists are empty where it does nothing. */
export interface Change {
  readonly name: string;
  readonly kind: "added" | "removed" | "changed" | "unchanged";
  /** What it means, in an operator's words; one sentence each. */
  readonly sentences: readonly string[];
  /** The worst first. */
  readonly consequences: readonly Consequence[];
  readonly dns: DnChanges;
  readonly opened: readonly Listener[];
  readonly closed: readonly Listener[];
  readonly images: readonly ImageChange[];
  readonly containers: readonly ContainerChange[];
  /** Names of secret files. */
  readonly secrets: { readonly needed: readonly string[]; readonly unused: readonly string[] };
  readonly volumes: { readonly created: readonly string[]; readonly destroyed: readonly string[] };
  readonly settings: readonly SettingChange[];
  readonly files: readonly FileChange[];
  /** Rules of the site that were broken before and still are. */
  readonly standingViolations: readonly string[];
}

export interface Consequence {
  readonly severity: Severity;
  /** Where it happens: a service, a port, a DN. */
  readonly subject: string;
  readonly text: string;
  /** Whether calls end by it; absent where it is not about calls. */
  readonly callsDropped?: boolean;
}

export interface DnChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Those that stay under another display name. */
  readonly renamed: readonly string[];
}

export interface ImageChange {
  readonly name: string;
  readonly before: Image | undefined;
  readonly after: Image | undefined;
  /** What in it is different, such as `Dockerfile` or `lib/sip/uri.ts`; empty where that can't be known. */
  readonly parts: readonly string[];
}

export interface ContainerChange {
  readonly service: string;
  /** The container's name in the engine. */
  readonly name: string;
  readonly longRunning: boolean;
  readonly action: "created" | "changed in place" | "replaced" | "destroyed";
  /** Attributes that changed; those that force the replacement where it is replaced. */
  readonly attributes: readonly string[];
}

export interface SettingChange {
  /** `nginx.port` */
  readonly path: string;
  /** As JSON; absent where there is none on that side. */
  readonly before?: string;
  readonly after?: string;
}

export interface FileChange {
  readonly service: string;
  readonly path: string;
  /** Absent: the file is new. */
  readonly before?: string;
  /** Absent: the file goes. */
  readonly after?: string;
}
