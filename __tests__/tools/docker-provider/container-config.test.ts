import {
  createBody,
  networkConnections,
  updateBody,
} from "../../../tools/docker-provider/resources/container/config";
import { type ContainerInfo, observeAll } from "../../../tools/docker-provider/resources/container/observe";
import { type State, UNKNOWN } from "../../../tools/docker-provider/value";

const MIB = 1024 * 1024;
const body = (state: State) =>
  createBody({ name: "c", image: "i", ...state }) as Record<string, unknown> & {
    HostConfig: Record<string, unknown>;
  };

describe("the body of create", () => {
  it("leaves to the engine what is unset or unknown", () => {
    const { HostConfig, ...config } = body({
      env: UNKNOWN,
      command: UNKNOWN,
      log_driver: UNKNOWN,
      shm_size: UNKNOWN,
    });
    expect(config).toMatchObject({ Image: "i", Env: undefined, Cmd: undefined, Entrypoint: undefined });
    expect(config).toMatchObject({ Healthcheck: undefined, StopTimeout: undefined });
    expect(HostConfig).toMatchObject({
      NetworkMode: "bridge",
      LogConfig: { Type: "" },
      ShmSize: undefined,
      Memory: 0,
    });
    // As the real provider does: the engine's own default must not decide.
    expect(HostConfig.Init).toBe(false);
  });

  it("maps how it runs", () => {
    expect(
      body({
        command: ["a"],
        entrypoint: ["e"],
        env: ["A=1"],
        user: "10001:10001",
        working_dir: "/w",
        hostname: "h",
        tty: true,
        stdin_open: true,
        stop_signal: "SIGINT",
        stop_timeout: 5,
        labels: [{ label: "l", value: "v" }],
      }),
    ).toMatchObject({
      Cmd: ["a"],
      Entrypoint: ["e"],
      Env: ["A=1"],
      User: "10001:10001",
      WorkingDir: "/w",
      Hostname: "h",
      Tty: true,
      OpenStdin: true,
      StopSignal: "SIGINT",
      StopTimeout: 5,
      Labels: { l: "v" },
    });
  });

  it("maps what it may do", () => {
    expect(
      body({
        capabilities: [{ add: ["NET_BIND_SERVICE"], drop: ["ALL"] }],
        security_opts: ["no-new-privileges:true"],
        read_only: true,
        privileged: false,
        group_add: ["10"],
        ulimit: [{ name: "nofile", soft: 1, hard: 2 }],
        sysctls: { "net.core.somaxconn": "9" },
        devices: [{ host_path: "/dev/null" }],
        pid_mode: "host",
        ipc_mode: "private",
        init: true,
      }).HostConfig,
    ).toMatchObject({
      CapAdd: ["NET_BIND_SERVICE"],
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      Privileged: false,
      GroupAdd: ["10"],
      Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }],
      Sysctls: { "net.core.somaxconn": "9" },
      Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/null", CgroupPermissions: "rwm" }],
      PidMode: "host",
      IpcMode: "private",
      Init: true,
    });
  });

  it("counts memory in MiB and CPUs in billionths", () => {
    const limits = { memory: 64, memory_swap: 128, shm_size: 32, cpus: "1.5", cpu_shares: 7, cpu_set: "0" };
    expect(body(limits).HostConfig).toMatchObject({
      Memory: 64 * MIB,
      MemorySwap: 128 * MIB,
      ShmSize: 32 * MIB,
      NanoCpus: 1.5e9,
      CpuShares: 7,
      CpusetCpus: "0",
    });
    expect(body({ memory_swap: -1 }).HostConfig.MemorySwap).toBe(-1);
    expect(updateBody({ memory: 64, restart: "on-failure", max_retry_count: 3 })).toMatchObject({
      Memory: 64 * MIB,
      MemorySwap: 128 * MIB,
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
    });
  });

  it("maps ports, several of one container port too", () => {
    const mapped = body({
      ports: [
        { internal: 80, external: 8080, ip: "127.0.0.1", protocol: "tcp" },
        { internal: 80, external: 8081, ip: "127.0.0.1", protocol: "tcp" },
        { internal: 53, external: UNKNOWN, ip: "0.0.0.0", protocol: "udp" },
      ],
    });
    expect(mapped.ExposedPorts).toStrictEqual({ "80/tcp": {}, "53/udp": {} });
    expect(mapped.HostConfig.PortBindings).toStrictEqual({
      "80/tcp": [
        { HostIp: "127.0.0.1", HostPort: "8080" },
        { HostIp: "127.0.0.1", HostPort: "8081" },
      ],
      "53/udp": [{ HostIp: "0.0.0.0", HostPort: "0" }],
    });
  });

  it("maps volumes of all three kinds", () => {
    const mapped = body({
      volumes: [
        { volume_name: "v", container_path: "/v", read_only: true },
        { host_path: "/h", container_path: "/h" },
        { container_path: "/anonymous" },
        { from_container: "other" },
      ],
    });
    expect(mapped.Volumes).toStrictEqual({ "/v": {}, "/h": {}, "/anonymous": {} });
    expect(mapped.HostConfig).toMatchObject({ Binds: ["v:/v:ro", "/h:/h:rw"], VolumesFrom: ["other"] });
  });

  it("maps mounts with their options", () => {
    const { Mounts } = body({
      mounts: [
        {
          type: "bind",
          target: "/b",
          source: "/s",
          read_only: true,
          bind_options: [{ propagation: "rslave" }],
        },
        {
          type: "volume",
          target: "/v",
          source: "v",
          volume_options: [{ no_copy: true, labels: [{ label: "a", value: "1" }], driver_name: "local" }],
        },
        { type: "tmpfs", target: "/t", tmpfs_options: [{ size_bytes: 1024, mode: 0o1777 }] },
      ],
    }).HostConfig;
    expect(JSON.parse(JSON.stringify(Mounts))).toStrictEqual([
      { Type: "bind", Target: "/b", Source: "/s", ReadOnly: true, BindOptions: { Propagation: "rslave" } },
      {
        Type: "volume",
        Target: "/v",
        Source: "v",
        ReadOnly: false,
        VolumeOptions: { NoCopy: true, Labels: { a: "1" }, DriverConfig: { Name: "local", Options: {} } },
      },
      { Type: "tmpfs", Target: "/t", ReadOnly: false, TmpfsOptions: { SizeBytes: 1024, Mode: 0o1777 } },
    ]);
  });

  it("counts a health check in nanoseconds", () => {
    const healthcheck = [
      { test: ["CMD", "x"], interval: "1m30s", timeout: "500ms", start_period: "0s", retries: 3 },
    ];
    expect(body({ healthcheck }).Healthcheck).toStrictEqual({
      Test: ["CMD", "x"],
      Interval: 90e9,
      Timeout: 0.5e9,
      StartPeriod: 0,
      StartInterval: undefined,
      Retries: 3,
    });
  });

  it("maps the networks that it joins", () => {
    const state = { networks_advanced: [{ name: "n", aliases: ["a"], ipv4_address: "172.30.0.5" }] };
    expect(JSON.parse(JSON.stringify(networkConnections(state)))).toStrictEqual([
      { network: "n", endpoint: { Aliases: ["a"], IPAMConfig: { IPv4Address: "172.30.0.5" } } },
    ]);
  });
});

/** What the engine would answer to an inspection, had it taken a body as it is. */
function echo(state: State): ContainerInfo {
  const { HostConfig, ...Config } = JSON.parse(JSON.stringify(body(state)));
  return {
    Id: "id",
    Name: "/c",
    Image: "sha256:1",
    RestartCount: 0,
    State: { Running: true, Restarting: false, Status: "running", ExitCode: 0, Error: "", OOMKilled: false },
    Config,
    HostConfig,
    NetworkSettings: { Bridge: "", Ports: {}, Networks: {} },
  };
}

describe("what is observed", () => {
  it("is what was asked for", () => {
    const asked: State = {
      command: ["a"],
      user: "1",
      capabilities: [{ add: ["CHOWN"], drop: ["ALL"] }],
      healthcheck: [
        {
          test: ["CMD", "x"],
          interval: "1m30s",
          timeout: "500ms",
          start_period: "2h0m5s",
          start_interval: "0s",
          retries: 3,
        },
      ],
      host: [{ host: "six", ip: "::1" }],
      devices: [{ host_path: "/dev/null", container_path: "/dev/n", permissions: "r" }],
      ulimit: [{ name: "nofile", soft: 1, hard: 2 }],
      memory: 64,
      memory_swap: -1,
      shm_size: 32,
      restart: "always",
      log_driver: "local",
      log_opts: { "max-size": "1m" },
      mounts: [
        {
          type: "tmpfs",
          target: "/t",
          source: "",
          read_only: false,
          bind_options: [],
          volume_options: [],
          tmpfs_options: [{ size_bytes: 9, mode: 0 }],
        },
      ],
    };
    expect(observeAll(echo(asked), asked)).toMatchObject(asked);
  });

  it("tells a status only of a container that has ended", () => {
    const info = echo({});
    expect(observeAll(info, {}).exit_code).toBeNull();
    info.State = { ...info.State, Running: false, Status: "created" };
    expect(observeAll(info, {}).exit_code).toBeNull();
    info.State = { ...info.State, Status: "exited", ExitCode: 3 };
    expect(observeAll(info, {}).exit_code).toBe(3);
  });

  it("doesn't take the swap that the engine chooses for one that was asked for", () => {
    const info = echo({ memory: 64 });
    info.HostConfig.MemorySwap = 128 * MIB;
    expect(observeAll(info, { memory: 64, memory_swap: null }).memory_swap).toBeNull();
    expect(observeAll(info, { memory: 64, memory_swap: 100 }).memory_swap).toBe(128);
  });

  it("takes a port that the engine chose from the running container", () => {
    const ports: State[] = [
      { internal: 80, external: UNKNOWN, ip: "0.0.0.0", protocol: "tcp" },
      { internal: 81, external: 8081, ip: "0.0.0.0", protocol: "tcp" },
    ];
    const info = echo({ ports });
    info.NetworkSettings.Ports = {
      "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "49153" }],
      "81/tcp": [{ HostIp: "0.0.0.0", HostPort: "8081" }],
    };
    expect(observeAll(info, { ports }).ports).toMatchObject([{ external: 49153 }, { external: 8081 }]);
  });
});
