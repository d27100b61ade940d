import { durationText } from "../../duration";
import { at, blocks, integer, labelBlocks, type State, text, type Value } from "../../value";

const MIB = 1024 * 1024;

/** The part of the engine's "inspect a container" that is read here. */
export interface ContainerInfo {
  Id: string;
  Name: string;
  Image: string;
  RestartCount: number;
  State: {
    Running: boolean;
    Restarting: boolean;
    Status: string;
    ExitCode: number;
    Error: string;
    OOMKilled: boolean;
    Health?: { Status: string; Log: { ExitCode: number; Output: string }[] | null };
  };
  Config: {
    Image: string;
    Hostname: string;
    Domainname: string;
    User: string;
    WorkingDir: string;
    Cmd: string[] | null;
    Entrypoint: string[] | null;
    Tty: boolean;
    OpenStdin: boolean;
    StopSignal?: string;
    StopTimeout?: number;
    Healthcheck?: {
      Test?: string[];
      Interval?: number;
      Timeout?: number;
      StartPeriod?: number;
      StartInterval?: number;
      Retries?: number;
    };
  };
  HostConfig: {
    NetworkMode: string;
    PidMode: string;
    IpcMode: string;
    UsernsMode: string;
    Runtime: string;
    Privileged: boolean;
    PublishAllPorts: boolean;
    ReadonlyRootfs: boolean;
    AutoRemove: boolean;
    Init?: boolean;
    RestartPolicy: { Name: string; MaximumRetryCount: number };
    CapAdd: string[] | null;
    CapDrop: string[] | null;
    SecurityOpt: string[] | null;
    GroupAdd: string[] | null;
    Sysctls?: Record<string, string>;
    StorageOpt?: Record<string, string>;
    Tmpfs?: Record<string, string>;
    Mounts?: MountInfo[];
    Devices: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[] | null;
    Ulimits: { Name: string; Soft: number; Hard: number }[] | null;
    Dns: string[] | null;
    DnsOptions: string[] | null;
    DnsSearch: string[] | null;
    ExtraHosts: string[] | null;
    LogConfig: { Type: string; Config: Record<string, string> };
    ShmSize: number;
    Memory: number;
    MemorySwap: number;
    CpuShares: number;
    CpusetCpus: string;
    CpuPeriod: number;
    CpuQuota: number;
    PortBindings: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
  };
  NetworkSettings: {
    Bridge: string;
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
    Networks: Record<string, NetworkEndpoint> | null;
  };
}

interface MountInfo {
  Type: string;
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  BindOptions?: { Propagation?: string };
  VolumeOptions?: {
    NoCopy?: boolean;
    Labels?: Record<string, string>;
    Subpath?: string;
    DriverConfig?: { Name?: string; Options?: Record<string, string> };
  };
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
}

interface NetworkEndpoint {
  IPAddress: string;
  IPPrefixLen: number;
  Gateway: string;
  GlobalIPv6Address: string;
  GlobalIPv6PrefixLen: number;
  IPv6Gateway: string;
  MacAddress: string;
}

/**
 * What can change while a container lives, and what only the engine knows. Everything else is fixed at its creation,
 * so the recorded state is the truth about it.
 */
export function observeLive(info: ContainerInfo, state: State): State {
  const host = info.HostConfig;
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ""),
    restart: host.RestartPolicy.Name || "no",
    max_retry_count: host.RestartPolicy.MaximumRetryCount,
    ...limits(info, state),
    // One that was never started has no status yet.
    exit_code: info.State.Running || info.State.Status === "created" ? null : info.State.ExitCode,
    bridge: info.NetworkSettings.Bridge,
    network_data: Object.entries(info.NetworkSettings.Networks ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, endpoint]) => ({
        network_name: name,
        ip_address: endpoint.IPAddress,
        ip_prefix_length: endpoint.IPPrefixLen,
        gateway: endpoint.Gateway,
        global_ipv6_address: endpoint.GlobalIPv6Address,
        global_ipv6_prefix_length: endpoint.GlobalIPv6PrefixLen,
        ipv6_gateway: endpoint.IPv6Gateway,
        mac_address: endpoint.MacAddress,
      })),
    ports: livePorts(info, state.ports),
  };
}

/** A limit that nobody set is the engine's to choose (it gives memory_swap twice the memory) and no difference. */
function limits(info: ContainerInfo, state: State): State {
  const host = info.HostConfig;
  const observed: State = {
    memory: Math.floor(host.Memory / MIB),
    memory_swap: host.MemorySwap > 0 ? Math.floor(host.MemorySwap / MIB) : host.MemorySwap,
    cpu_shares: host.CpuShares,
    cpu_set: host.CpusetCpus,
    cpu_period: host.CpuPeriod,
    cpu_quota: host.CpuQuota,
  };
  if (integer(state.memory_swap) === 0) observed.memory_swap = at(state, "memory_swap");
  return observed;
}

/** Ports that the engine chose may be others after each start. */
function livePorts(info: ContainerInfo, recorded: Value | undefined): Value {
  const used = new Map<string, number>();
  return blocks(recorded).map((port) => {
    const key = `${integer(port.internal)}/${text(port.protocol) || "tcp"}`;
    const index = used.get(key) ?? 0;
    used.set(key, index + 1);
    const asked = info.HostConfig.PortBindings?.[key]?.[index]?.HostPort;
    const actual = Number(info.NetworkSettings.Ports?.[key]?.[index]?.HostPort ?? 0);
    const chosen = !asked || asked === "0";
    return { ...port, external: chosen && actual ? actual : (port.external ?? null) };
  });
}

/** Everything that the engine tells, for a container that is new or imported. */
export function observeAll(info: ContainerInfo, state: State): State {
  const { Config: config, HostConfig: host } = info;
  const check = config.Healthcheck;
  return {
    ...observeLive(info, state),
    image: config.Image,
    hostname: config.Hostname,
    domainname: config.Domainname,
    user: config.User,
    working_dir: config.WorkingDir,
    command: config.Cmd ?? [],
    entrypoint: config.Entrypoint ?? [],
    // The image's own environment and labels are mixed into the container's: neither is the configuration's.
    env: [],
    labels: [],
    tty: config.Tty,
    stdin_open: config.OpenStdin,
    stop_signal: config.StopSignal ?? "",
    stop_timeout: config.StopTimeout ?? null,
    network_mode: host.NetworkMode,
    pid_mode: host.PidMode,
    ipc_mode: host.IpcMode,
    userns_mode: host.UsernsMode,
    runtime: host.Runtime,
    privileged: host.Privileged,
    publish_all_ports: host.PublishAllPorts,
    read_only: host.ReadonlyRootfs,
    rm: host.AutoRemove,
    init: host.Init ?? false,
    capabilities:
      host.CapAdd?.length || host.CapDrop?.length
        ? [{ add: host.CapAdd ?? [], drop: host.CapDrop ?? [] }]
        : [],
    security_opts: host.SecurityOpt ?? [],
    group_add: host.GroupAdd ?? [],
    sysctls: host.Sysctls ?? {},
    storage_opts: host.StorageOpt ?? {},
    tmpfs: host.Tmpfs ?? {},
    mounts: (host.Mounts ?? []).map(mountBlock),
    devices: (host.Devices ?? []).map((device) => ({
      host_path: device.PathOnHost,
      container_path: device.PathInContainer,
      permissions: device.CgroupPermissions,
    })),
    ulimit: (host.Ulimits ?? []).map((limit) => ({ name: limit.Name, soft: limit.Soft, hard: limit.Hard })),
    dns: host.Dns ?? [],
    dns_opts: host.DnsOptions ?? [],
    dns_search: host.DnsSearch ?? [],
    host: (host.ExtraHosts ?? []).map((entry) => {
      const at = entry.indexOf(":");
      return { host: entry.slice(0, at), ip: entry.slice(at + 1) };
    }),
    log_driver: host.LogConfig.Type,
    log_opts: host.LogConfig.Config,
    shm_size: Math.floor(host.ShmSize / MIB),
    healthcheck: check
      ? [
          {
            test: check.Test ?? [],
            interval: durationText(check.Interval ?? 0),
            timeout: durationText(check.Timeout ?? 0),
            start_period: durationText(check.StartPeriod ?? 0),
            start_interval: durationText(check.StartInterval ?? 0),
            retries: check.Retries ?? 0,
          },
        ]
      : [],
  };
}

/** The published ports, for an import; each in the order of its container port. */
export function observePorts(info: ContainerInfo): State[] {
  return Object.entries(info.NetworkSettings.Ports ?? {})
    .flatMap(([key, bindings]) => {
      const [internal, protocol = "tcp"] = key.split("/");
      return (bindings ?? []).map((binding) => ({
        internal: Number(internal),
        external: Number(binding.HostPort),
        ip: binding.HostIp,
        protocol,
      }));
    })
    .sort((a, b) => a.internal - b.internal);
}

function mountBlock(mount: MountInfo): State {
  const volume = mount.VolumeOptions;
  return {
    type: mount.Type,
    target: mount.Target,
    source: mount.Source ?? "",
    read_only: mount.ReadOnly ?? false,
    bind_options: mount.BindOptions ? [{ propagation: mount.BindOptions.Propagation ?? "" }] : [],
    volume_options: volume
      ? [
          {
            no_copy: volume.NoCopy ?? false,
            labels: labelBlocks(volume.Labels),
            driver_name: volume.DriverConfig?.Name ?? "",
            driver_options: volume.DriverConfig?.Options ?? {},
            subpath: volume.Subpath ?? "",
          },
        ]
      : [],
    tmpfs_options: mount.TmpfsOptions
      ? [{ size_bytes: mount.TmpfsOptions.SizeBytes ?? 0, mode: mount.TmpfsOptions.Mode ?? 0 }]
      : [],
  };
}
