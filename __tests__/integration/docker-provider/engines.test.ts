import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { docker, TEST_IMAGE, Workspace } from "./workspace";

jest.setTimeout(120_000);

describe("over ssh", () => {
  let space: Workspace;
  afterEach(() => space.remove());

  it("does the same as over a socket", async () => {
    // No ssh server here: this stands in for it, and runs what ssh was to run over there.
    space = new Workspace();
    const bin = join(space.directory, "bin");
    mkdirSync(bin);
    space.write(
      "bin/ssh",
      `#!/bin/sh\necho "$@" >> ${space.directory}/calls\nwhile [ "$1" != -- ]; do shift; done\nshift 2\nexec "$@"\n`,
    );
    chmodSync(join(bin, "ssh"), 0o755);
    const local = space;
    space = new Workspace({ PATH: `${bin}:${process.env.PATH}` });
    space.configure(
      {
        docker_container: {
          c: {
            name: `${space.prefix}-c`,
            image: TEST_IMAGE,
            command: ["cat", "/f"],
            upload: [{ file: "/f", content: "x".repeat(300_000) }],
            attach: true,
            must_run: false,
            logs: true,
          },
        },
      },
      { host: "ssh://me@engine.invalid:2222", ssh_opts: ["-o", "StrictHostKeyChecking=yes"] },
    );
    await space.init();
    await space.apply();
    expect((await space.state())["docker_container.c"]?.attributes).toMatchObject({
      exit_code: 0,
      container_logs: "x".repeat(300_000),
    });
    expect((await space.plan()).status).toBe(0);
    expect((await space.terraform("destroy", "-auto-approve")).status).toBe(0);
    await expect(
      docker("run", "--rm", "-v", `${local.directory}:/d`, TEST_IMAGE, "head", "-1", "/d/calls"),
    ).resolves.toBe(
      "-o ConnectTimeout=30 -T -o StrictHostKeyChecking=yes -l me -p 2222 -- engine.invalid docker system dial-stdio",
    );
    await local.remove();
  });
});

describe("two provider blocks", () => {
  it("keep to their own engines", async () => {
    const space = new Workspace();
    try {
      space.write(
        "second.tf.json",
        JSON.stringify({
          provider: { docker: { alias: "second", host: "unix:///var/run/docker.sock" } },
        }),
      );
      // The first block's engine doesn't answer, and nothing is asked of it.
      const first = { host: "unix:///no/such.sock", disable_docker_daemon_check: true };
      space.configure(
        {
          docker_volume: {
            v: { name: `${space.prefix}-v`, provider: "docker.second" },
            w: { name: `${space.prefix}-w` },
          },
        },
        first,
      );
      await space.init();
      const faults = await space.failingApply();
      expect(faults).toHaveLength(1);
      expect(faults[0]?.detail ?? "").toContain("unix:///no/such.sock can't be reached");
      expect(Object.keys(await space.state())).toStrictEqual(["docker_volume.v"]);
      await expect(space.leftovers()).resolves.toStrictEqual([`volume ${space.prefix}-v`]);
    } finally {
      await space.remove();
    }
  });
});

describe("import", () => {
  it("takes over what is there, and nothing is to be replaced", async () => {
    const space = new Workspace();
    try {
      const name = `${space.prefix}-c`;
      await docker("volume", "create", "--label", "a=1", `${space.prefix}-v`);
      const network = await docker("network", "create", "--subnet", "172.31.252.0/24", `${space.prefix}-n`);
      const container = await docker(
        ...["run", "-d", "--name", name, "--memory", "64m", "--cap-drop", "ALL", "-p", "127.0.0.1:0:80"],
        ...["--mount", `type=volume,source=${space.prefix}-v,target=/v`, TEST_IMAGE, "sleep", "1000"],
      );
      const external = Number((await docker("port", name, "80")).split(":")[1]);
      space.configure({
        docker_volume: { v: { name: `${space.prefix}-v`, labels: [{ label: "a", value: "1" }] } },
        docker_network: { n: { name: `${space.prefix}-n`, ipam_config: [{ subnet: "172.31.252.0/24" }] } },
        docker_container: {
          c: {
            name,
            image: TEST_IMAGE,
            command: ["sleep", "1000"],
            memory: 64,
            network_mode: "default",
            capabilities: [{ drop: ["ALL"] }],
            ports: [{ internal: 80, external, ip: "127.0.0.1" }],
            mounts: [{ type: "volume", source: `${space.prefix}-v`, target: "/v" }],
          },
        },
      });
      await space.init();
      for (const [address, id] of [
        ["docker_volume.v", `${space.prefix}-v`],
        ["docker_network.n", network],
        ["docker_container.c", container],
      ] as const) {
        const { status, output } = await space.terraform("import", "-no-color", address, id);
        expect({ status, output }).toMatchObject({ status: 0 });
      }
      const { output, status } = await space.plan();
      expect({ output, status }).toMatchObject({ status: 0 });
    } finally {
      await space.remove();
    }
  });
});
