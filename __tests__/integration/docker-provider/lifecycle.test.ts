import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { docker, TEST_IMAGE, Workspace } from "./workspace";

jest.setTimeout(240_000);

const space = new Workspace();
const name = (part: string) => `${space.prefix}-${part}`;
const HOLD = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"];

/** Two containers, and one of everything else, with most of what a stack would set. */
function configure(change: { upload?: string; memory?: number; context?: string } = {}): void {
  space.configure({
    docker_volume: { data: { name: name("data"), labels: [{ label: "part", value: "data" }] } },
    docker_network: { net: { name: name("net"), ipam_config: [{ subnet: "172.31.251.0/24" }] } },
    docker_image: {
      own: {
        name: `${name("own")}:1`,
        build: [{ context: "context", build_args: { BASE: TEST_IMAGE }, labels: { made: "by test" } }],
        triggers: { context: change.context ?? "1" },
      },
    },
    docker_container: {
      service: {
        name: name("service"),
        image: "${docker_image.own.image_id}",
        command: HOLD,
        env: ["ONE=1", "TWO=2"],
        user: "10001:10001",
        working_dir: "/tmp",
        hostname: "service",
        labels: [{ label: "role", value: "service" }],
        restart: "unless-stopped",
        read_only: true,
        tmpfs: { "/tmp": "rw,size=1m,mode=1777" },
        init: true,
        memory: change.memory ?? 64,
        cpu_shares: 512,
        capabilities: [{ drop: ["ALL"], add: ["NET_BIND_SERVICE"] }],
        security_opts: ["no-new-privileges:true"],
        ulimit: [{ name: "nofile", soft: 100, hard: 200 }],
        sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
        group_add: ["10002"],
        shm_size: 32,
        stop_signal: "SIGTERM",
        stop_timeout: 5,
        destroy_grace_seconds: 5,
        dns: ["127.0.0.1"],
        dns_search: ["test.invalid"],
        host: [{ host: "gone.invalid", ip: "127.0.0.9" }],
        log_driver: "json-file",
        log_opts: { "max-size": "1m", "max-file": "2" },
        devices: [{ host_path: "/dev/zero", container_path: "/dev/zero2", permissions: "r" }],
        ports: [
          { internal: 8080, ip: "127.0.0.1" },
          { internal: 53, external: 0, ip: "127.0.0.1", protocol: "udp" },
        ],
        networks_advanced: [
          { name: "${docker_network.net.name}", aliases: ["svc"], ipv4_address: "172.31.251.5" },
        ],
        mounts: [
          {
            type: "volume",
            target: "/data",
            source: "${docker_volume.data.name}",
            volume_options: [{ no_copy: true }],
          },
          { type: "tmpfs", target: "/run", tmpfs_options: [{ size_bytes: 1048576, mode: 0o1777 }] },
          { type: "bind", target: "/host", source: space.directory, read_only: true },
        ],
        volumes: [{ container_path: "/scratch" }],
        healthcheck: [
          { test: ["CMD", "test", "-e", "/baked"], interval: "90s", timeout: "2s", start_period: "1s" },
        ],
      },
      release: {
        name: name("release"),
        image: "${docker_image.own.image_id}",
        command: ["sh", "-c", "cat /config/a; stat -c %a /config/a /config/b; exit 3"],
        upload: [
          { file: "/config/a", content: change.upload ?? "first", permissions: "0600" },
          { file: "/config/b", content_base64: "YmluYXJ5AA==", executable: true },
          { file: "/config/c", source: "main.tf.json" },
        ],
        attach: true,
        must_run: false,
        logs: true,
        tty: true,
      },
    },
  });
}

const id = async (container: string) => docker("inspect", "-f", "{{.Id}}", name(container));
const inspect = async (container: string) => JSON.parse(await docker("inspect", name(container)))[0];

beforeAll(async () => {
  mkdirSync(join(space.directory, "context"));
  space.write("context/Dockerfile", "ARG BASE\nFROM ${BASE}\nCOPY . /context\nRUN touch /baked\n");
  space.write("context/.dockerignore", "secret\n");
  space.write("context/secret", "must not get into the image");
  space.write("context/kept", "kept");
  configure();
  await space.init();
  await space.apply();
});
afterAll(() => space.remove());

describe("a stack", () => {
  it("has what the configuration says", async () => {
    const { Config, HostConfig, NetworkSettings, Mounts } = await inspect("service");
    expect(Config).toMatchObject({
      Cmd: HOLD,
      Env: expect.arrayContaining(["ONE=1", "TWO=2"]),
      User: "10001:10001",
      Hostname: "service",
      Labels: { role: "service", made: "by test" },
      StopTimeout: 5,
      Healthcheck: { Interval: 90e9, Timeout: 2e9, StartPeriod: 1e9 },
    });
    expect(HostConfig).toMatchObject({
      Memory: 64 * 1024 * 1024,
      ReadonlyRootfs: true,
      Init: true,
      RestartPolicy: { Name: "unless-stopped" },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } },
      ExtraHosts: ["gone.invalid:127.0.0.9"],
      ShmSize: 32 * 1024 * 1024,
    });
    expect(Object.keys(NetworkSettings.Networks)).toStrictEqual([name("net")]);
    expect(NetworkSettings.Networks[name("net")].IPAddress).toBe("172.31.251.5");
    expect(Mounts.map((mount: { Destination: string }) => mount.Destination).sort()).toStrictEqual([
      "/data",
      "/host",
      "/run",
      "/scratch",
    ]);
    await expect(docker("exec", name("service"), "ls", "/context")).resolves.toBe("Dockerfile\nkept");
  });

  it("records the ports that the engine chose, and the outcome of what has ended", async () => {
    const state = await space.state();
    const { NetworkSettings } = await inspect("service");
    const chosen = Number(NetworkSettings.Ports["8080/tcp"][0].HostPort);
    expect(chosen).toBeGreaterThan(0);
    expect(state["docker_container.service"]?.attributes.ports).toMatchObject([
      { internal: 8080, external: chosen },
      { internal: 53, protocol: "udp", external: Number(NetworkSettings.Ports["53/udp"][0].HostPort) },
    ]);
    expect(state["docker_container.release"]?.attributes).toMatchObject({
      exit_code: 3,
      container_logs: "first600\r\n744\r\n",
    });
  });

  it("shows no changes in the next plan", async () => {
    const { status, output } = await space.plan();
    expect(output).toContain("No changes.");
    expect(status).toBe(0);
  });

  it("replaces only the release when its upload changes", async () => {
    const before = [await id("service"), await id("release")];
    configure({ upload: "second" });
    const output = await space.apply();
    expect(output).toContain("1 added, 0 changed, 1 destroyed");
    const after = [await id("service"), await id("release")];
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect((await space.state())["docker_container.release"]?.attributes.container_logs).toContain("second");
  });

  it("changes limits in place", async () => {
    const before = await id("service");
    configure({ upload: "second", memory: 96 });
    expect(await space.apply()).toContain("0 added, 1 changed, 0 destroyed");
    const { Id, HostConfig } = await inspect("service");
    expect(Id).toBe(before);
    expect(HostConfig.Memory).toBe(96 * 1024 * 1024);
    expect((await space.plan()).status).toBe(0);
  });

  it("sees a limit that someone has changed by hand, and sets it again", async () => {
    await docker("update", "--cpu-shares", "100", name("service"));
    const { status, output } = await space.plan();
    expect(status).toBe(2);
    expect(output).toMatch(/cpu_shares += 100 -> 512/);
    await space.apply();
    expect((await inspect("service")).HostConfig.CpuShares).toBe(512);
  });

  it("makes a container again that was removed by hand", async () => {
    await docker("rm", "-f", name("service"));
    expect(await space.apply()).toContain("1 added, 0 changed, 0 destroyed");
    expect((await inspect("service")).State.Running).toBe(true);
  });

  it("replaces a container that must run and was stopped by hand", async () => {
    const before = await id("service");
    await docker("stop", "-t", "5", name("service"));
    const { status, output } = await space.plan();
    expect(status).toBe(2);
    expect(output).toMatch(/exit_code .*forces replacement/);
    expect(await id("service")).toBe(before);
    await space.apply();
    expect(await id("service")).not.toBe(before);
    expect((await space.plan()).status).toBe(0);
  });

  it("keeps a state that the real provider would write", async () => {
    // Its read fills in zero values, the engine's notation of durations and capabilities, and other forms of unset.
    const { output } = await space.terraform("state", "pull");
    const state = JSON.parse(output);
    state.serial += 1;
    for (const resource of state.resources) {
      if (resource.type !== "docker_container") continue;
      const { attributes } = resource.instances[0];
      resource.instances[0].private = Buffer.from('{"schema_version":"2"}').toString("base64");
      for (const [key, value] of Object.entries(attributes))
        if (value === null && !["exit_code", "container_logs"].includes(key))
          attributes[key] = ZERO[key] ?? value;
      for (const check of attributes.healthcheck) check.interval = "1m30s";
      for (const item of attributes.capabilities) item.add = ["CAP_NET_BIND_SERVICE"];
      attributes.ports?.reverse();
    }
    space.write("edited.tfstate", JSON.stringify(state));
    expect((await space.terraform("state", "push", "edited.tfstate")).status).toBe(0);
    const { status, output: plan } = await space.plan();
    expect(plan).toContain("No changes.");
    expect(status).toBe(0);
  });

  it("builds anew on a trigger, with all that depends on the image", async () => {
    configure({ upload: "second", memory: 96, context: "2" });
    space.write("context/kept", "changed");
    const output = await space.apply();
    expect(output).toContain("3 added, 0 changed, 3 destroyed");
    await expect(docker("exec", name("service"), "cat", "/context/kept")).resolves.toBe("changed");
    expect((await space.plan()).status).toBe(0);
  });

  it("leaves nothing behind when it is destroyed", async () => {
    const { status, output } = await space.terraform("destroy", "-auto-approve", "-no-color");
    expect(output).toContain("Destroy complete! Resources: 5 destroyed.");
    expect(status).toBe(0);
    await expect(space.leftovers()).resolves.toStrictEqual([]);
  });
});

const ZERO: Record<string, unknown> = {
  memory: 0,
  memory_swap: 0,
  cpu_shares: 0,
  cpu_set: "",
  cpu_period: 0,
  cpu_quota: 0,
  max_retry_count: 0,
  domainname: "",
  user: "",
  working_dir: "",
  pid_mode: "",
  userns_mode: "",
  privileged: false,
  publish_all_ports: false,
  dns: [],
  dns_opts: [],
  dns_search: [],
  group_add: [],
  sysctls: {},
  storage_opts: {},
  tmpfs: {},
  log_opts: {},
};
