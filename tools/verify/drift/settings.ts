import type Docker from "dockerode";
import { createBody } from "../../docker-provider/resources/container/config";
import { blocks, type State, text } from "../../docker-provider/value";

/** A setting of a container that is not as meant. */
export interface Deviation {
  /** In words, without the service's name. */
  readonly text: string;
  /** Terraform changes it while the container lives, and the next deploy does so by itself. */
  readonly inPlace: boolean;
}

/** What both "create a container" and "inspect a container" have, in the engine's own words. */
interface Shape {
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: string | readonly string[] | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Healthcheck?: unknown;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
  readonly Tty?: boolean;
}

type HostShape = Readonly<Record<string, unknown>>;

/** The engine's names of what is compared as it is, and what Docker's command line calls them. */
const HOST_SETTINGS: Readonly<Record<string, string>> = {
  NetworkMode: "network",
  PidMode: "pid",
  UsernsMode: "userns",
  Privileged: "privileged",
  PublishAllPorts: "publish-all",
  PortBindings: "publish",
  ReadonlyRootfs: "read-only",
  AutoRemove: "rm",
  Init: "init",
  RestartPolicy: "restart",
  CapAdd: "cap-add",
  CapDrop: "cap-drop",
  SecurityOpt: "security-opt",
  GroupAdd: "group-add",
  Sysctls: "sysctl",
  Tmpfs: "tmpfs",
  Devices: "device",
  Ulimits: "ulimit",
  Dns: "dns",
  DnsSearch: "dns-search",
  ExtraHosts: "add-host",
  LogConfig: "log-driver",
  Memory: "memory",
  MemorySwap: "memory-swap",
  CpuShares: "cpu-shares",
  CpusetCpus: "cpuset-cpus",
  CpuPeriod: "cpu-period",
  CpuQuota: "cpu-quota",
};

/** What Terraform changes in a container that lives (docker-provider, `UPDATABLE`), where it is set to something. */
const IN_PLACE = new Set(["restart", "memory", "memory-swap"]);

/** What an operator may have put a password into by hand. */
const HIDDEN = /^env /;

const LONGEST = 80;

/** What differs between a container as it is meant and as the engine has it. Both are of the same image. */
export function deviations(
  meant: State,
  actual: Docker.ContainerInspectInfo,
  image: Docker.ImageInspectInfo,
): Deviation[] {
  const body = createBody(meant) as Shape & { readonly HostConfig: HostShape };
  const wanted = { ...ownSettings(body, image.Config), ...hostSettings(body.HostConfig), ...mounts(meant) };
  const found = {
    ...ownSettings(actual.Config as Shape),
    ...hostSettings(actual.HostConfig as unknown as HostShape),
    ...actualMounts(actual),
  };
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort().flatMap((name) => {
    const [want, have] = [wanted[name] ?? "", found[name] ?? ""];
    if (want === have || (name === "memory-swap" && have === UNLIMITED)) return [];
    return { text: describe(name, want, have), inPlace: IN_PLACE.has(name) && want !== "" };
  });
}

/** On a kernel that doesn't count swap, the engine sets this whatever it is told. */
const UNLIMITED = "-1";

function describe(name: string, want: string, have: string): string {
  const setting = HIDDEN.test(name) || name.startsWith("mount ") ? name : `--${name}`;
  if (have === "") return `${setting} is missing`;
  if (want === "") return `${setting} is not meant`;
  if (HIDDEN.test(name)) return `${setting} has another value`;
  return `${setting} is ${shortened(have)}, and ${shortened(want)} is meant`;
}

function shortened(value: string): string {
  return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
}

/** @param image where nothing is set, its own counts */
function ownSettings(config: Shape, image: Shape = {}): Record<string, string> {
  const entrypoint = config.Entrypoint ?? image.Entrypoint;
  // An entry point of one's own takes the image's arguments away, too.
  const command = config.Cmd ?? (config.Entrypoint ? null : image.Cmd);
  const directory = config.WorkingDir || image.WorkingDir;
  const ours = Object.entries(config.Labels ?? {}).filter(([label]) => label.startsWith("webrtc-genesys."));
  return {
    user: canonical(config.User || image.User),
    workdir: canonical(directory === "/" ? "" : directory),
    entrypoint: inOrder(entrypoint),
    command: inOrder(command),
    "stop-signal": canonical(config.StopSignal || image.StopSignal || "SIGTERM"),
    "stop-timeout": canonical(config.StopTimeout),
    tty: canonical(config.Tty),
    healthcheck: canonical(config.Healthcheck ?? image.Healthcheck),
    ...variables([...(image.Env ?? []), ...(config.Env ?? [])]),
    ...Object.fromEntries(ours.map(([label, value]) => [`label ${label}`, value])),
  };
}

function variables(env: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    env.map((entry) => {
      const end = entry.indexOf("=");
      return [`env ${entry.slice(0, end)}`, `=${entry.slice(end + 1)}`];
    }),
  );
}

function hostSettings(host: HostShape): Record<string, string> {
  return Object.fromEntries(
    Object.entries(HOST_SETTINGS).map(([name, option]) => [option, canonical(normal(name, host[name]))]),
  );
}

/** Undoes what the engine takes for the same. */
function normal(name: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (name.startsWith("Cap")) return value.map((item) => String(item).toUpperCase().replace(/^CAP_/, ""));
  if (name === "SecurityOpt")
    return value.map((item) => String(item).replace(/^(no-new-privileges)[:=]true$/, "$1"));
  return value;
}

/** By what is mounted in the end, however that was said. */
function mounts(meant: State): Record<string, string> {
  const volumes = blocks(meant.volumes).map((volume) => {
    const source = text(volume.volume_name) || text(volume.host_path);
    return [`mount ${text(volume.container_path)}`, mount(source, volume.read_only !== true)];
  });
  const others = blocks(meant.mounts).map((item) => [
    `mount ${text(item.target)}`,
    mount(text(item.source), item.read_only !== true),
  ]);
  return Object.fromEntries([...volumes, ...others]);
}

function actualMounts({ Mounts }: Docker.ContainerInspectInfo): Record<string, string> {
  return Object.fromEntries(
    Mounts.filter(({ Type }) => Type !== "tmpfs").map(({ Name, Source, Destination, RW }) => [
      `mount ${Destination}`,
      mount(Name ?? Source, RW),
    ]),
  );
}

function mount(source: string, writable: boolean): string {
  return `${source}${writable ? "" : " read-only"}`;
}

/** One text for all that means the same to the engine: lists have no order, and nothing is the same as zero. */
function canonical(value: unknown): string {
  const reduced = reduce(value);
  if (reduced === undefined) return "";
  return typeof reduced === "object" ? JSON.stringify(reduced) : String(reduced);
}

function inOrder(value: Shape["Entrypoint"]): string {
  if (typeof value === "string") return value;
  return (value ?? []).join(" ");
}

function reduce(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(reduce).filter((item) => item !== undefined);
    return items.length > 0
      ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : undefined;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .map(([key, item]) => [key, reduce(item)] as const)
      .filter(([, item]) => item !== undefined);
    return entries.length > 0 ? Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) : undefined;
  }
  return value === null || value === "" || value === 0 || value === false ? undefined : value;
}
