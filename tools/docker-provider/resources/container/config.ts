import { nanoseconds } from "../../duration";
import {
  blocks,
  integer,
  labels,
  type State,
  stringMap,
  strings,
  text,
  UNKNOWN,
  type Value,
} from "../../value";

const MIB = 1024 * 1024;

/** The body of the engine's "create a container" for a planned state. Unset attributes are left to the engine. */
export function createBody(state: State): object {
  const { exposed, bindings } = ports(state.ports);
  const volumes = volumeSpecs(state.volumes);
  return {
    Image: text(state.image),
    Hostname: text(state.hostname),
    Domainname: text(state.domainname),
    User: text(state.user),
    WorkingDir: text(state.working_dir),
    Env: list(state.env),
    Cmd: list(state.command),
    Entrypoint: list(state.entrypoint),
    Labels: labels(state.labels),
    Tty: flag(state.tty),
    OpenStdin: flag(state.stdin_open),
    StopSignal: text(state.stop_signal) || undefined,
    StopTimeout: integer(state.stop_timeout) || undefined,
    ExposedPorts: exposed,
    Volumes: volumes.anonymous,
    Healthcheck: healthcheck(state.healthcheck),
    HostConfig: {
      ...hostConfig(state),
      ...resources(state),
      PortBindings: bindings,
      Binds: volumes.binds,
      VolumesFrom: volumes.from,
    },
  };
}

function hostConfig(state: State): object {
  const capabilities = blocks(state.capabilities)[0] ?? {};
  return {
    NetworkMode: text(state.network_mode) || "bridge",
    PidMode: text(state.pid_mode),
    IpcMode: text(state.ipc_mode),
    UsernsMode: text(state.userns_mode),
    CgroupnsMode: text(state.cgroupns_mode) || undefined,
    CgroupParent: text(state.cgroup_parent),
    Runtime: text(state.runtime) || undefined,
    Privileged: flag(state.privileged),
    PublishAllPorts: flag(state.publish_all_ports),
    ReadonlyRootfs: flag(state.read_only),
    AutoRemove: flag(state.rm),
    Init: flag(state.init),
    RestartPolicy: restartPolicy(state),
    CapAdd: strings(capabilities.add),
    CapDrop: strings(capabilities.drop),
    SecurityOpt: list(state.security_opts),
    GroupAdd: strings(state.group_add),
    Sysctls: stringMap(state.sysctls),
    StorageOpt: stringMap(state.storage_opts),
    Tmpfs: stringMap(state.tmpfs),
    Mounts: blocks(state.mounts).map(mount),
    Devices: blocks(state.devices).map((device) => ({
      PathOnHost: text(device.host_path),
      PathInContainer: text(device.container_path) || text(device.host_path),
      CgroupPermissions: text(device.permissions) || "rwm",
    })),
    Ulimits: blocks(state.ulimit).map((limit) => ({
      Name: text(limit.name),
      Soft: integer(limit.soft),
      Hard: integer(limit.hard),
    })),
    Dns: strings(state.dns),
    DnsOptions: strings(state.dns_opts),
    DnsSearch: strings(state.dns_search),
    ExtraHosts: blocks(state.host).map((host) => `${text(host.host)}:${text(host.ip)}`),
    LogConfig: { Type: text(state.log_driver), Config: stringMap(state.log_opts) },
    ShmSize: integer(state.shm_size) * MIB || undefined,
  };
}

function resources(state: State) {
  const cpus = Number(text(state.cpus) || 0);
  return {
    Memory: integer(state.memory) * MIB,
    MemorySwap: swap(integer(state.memory_swap)),
    CpuShares: integer(state.cpu_shares),
    CpusetCpus: text(state.cpu_set),
    // `cpus` says the same as a period and a quota, and wins over them, as in the real provider.
    ...(cpus > 0
      ? { NanoCpus: Math.round(cpus * 1e9) }
      : { CpuPeriod: integer(state.cpu_period), CpuQuota: integer(state.cpu_quota) }),
  };
}

/** The body of the engine's "update a container": what can be changed while it lives. */
export function updateBody(state: State): object {
  const limits = resources(state);
  // Where nobody sets it, the engine gives swap as much again as memory, but only when it makes the container.
  const swapped = limits.MemorySwap === 0 ? { MemorySwap: 2 * limits.Memory } : {};
  return { ...limits, ...swapped, RestartPolicy: restartPolicy(state) };
}

function restartPolicy(state: State): object {
  return { Name: text(state.restart) || "no", MaximumRetryCount: integer(state.max_retry_count) };
}

/** The bodies of "connect to a network", by the network's name. */
export function networkConnections(state: State): { network: string; endpoint: object }[] {
  return blocks(state.networks_advanced).map((item) => ({
    network: text(item.name),
    endpoint: {
      Aliases: strings(item.aliases),
      IPAMConfig: {
        IPv4Address: text(item.ipv4_address) || undefined,
        IPv6Address: text(item.ipv6_address) || undefined,
      },
    },
  }));
}

/** -1 is unlimited, and no size. */
function swap(mebibytes: number): number {
  return mebibytes > 0 ? mebibytes * MIB : mebibytes;
}

function flag(value: Value | undefined): boolean {
  return value === true;
}

/** A collection, or nothing where the engine is to take the image's own. */
function list(value: Value | undefined): string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? strings(value) : undefined;
}

function ports(value: Value | undefined) {
  const exposed: Record<string, object> = {};
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of blocks(value)) {
    const key = `${integer(port.internal)}/${text(port.protocol) || "tcp"}`;
    exposed[key] = {};
    bindings[key] ??= [];
    // Port 0 lets the engine choose one.
    bindings[key].push({
      HostIp: text(port.ip),
      HostPort: String(port.external === UNKNOWN ? 0 : integer(port.external)),
    });
  }
  return { exposed, bindings };
}

function volumeSpecs(value: Value | undefined) {
  const anonymous: Record<string, object> = {};
  const binds: string[] = [];
  const from: string[] = [];
  for (const volume of blocks(value)) {
    const path = text(volume.container_path);
    const source = text(volume.volume_name) || text(volume.host_path);
    if (text(volume.from_container)) from.push(text(volume.from_container));
    else {
      anonymous[path] = {};
      if (source) binds.push(`${source}:${path}:${flag(volume.read_only) ? "ro" : "rw"}`);
    }
  }
  return { anonymous, binds, from };
}

function mount(item: State): object {
  const type = text(item.type);
  const bind = blocks(item.bind_options)[0];
  const volume = blocks(item.volume_options)[0];
  const tmpfs = blocks(item.tmpfs_options)[0];
  return {
    Type: type,
    Target: text(item.target),
    Source: text(item.source) || undefined,
    ReadOnly: flag(item.read_only),
    BindOptions: type === "bind" && bind ? { Propagation: text(bind.propagation) || undefined } : undefined,
    VolumeOptions:
      type === "volume" && volume
        ? {
            NoCopy: flag(volume.no_copy),
            Labels: labels(volume.labels),
            Subpath: text(volume.subpath) || undefined,
            DriverConfig: text(volume.driver_name)
              ? { Name: text(volume.driver_name), Options: stringMap(volume.driver_options) }
              : undefined,
          }
        : undefined,
    TmpfsOptions:
      type === "tmpfs" && tmpfs
        ? { SizeBytes: integer(tmpfs.size_bytes) || undefined, Mode: integer(tmpfs.mode) || undefined }
        : undefined,
  };
}

function healthcheck(value: Value | undefined): object | undefined {
  const check = blocks(value)[0];
  if (!check) return undefined;
  return {
    Test: strings(check.test),
    Interval: nanoseconds(text(check.interval)),
    Timeout: nanoseconds(text(check.timeout)),
    StartPeriod: nanoseconds(text(check.start_period)),
    StartInterval: nanoseconds(text(check.start_interval)) || undefined,
    Retries: integer(check.retries),
  };
}
