import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { docker, TEST_IMAGE, Workspace } from "./workspace";

jest.setTimeout(120_000);

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space.remove());

const base = () => ({ name: `${space.prefix}-c`, image: TEST_IMAGE, command: ["sleep", "1000"] });

/** The only error of an apply of one container. */
async function fault(container: object) {
  space.configure({ docker_container: { c: { ...base(), ...container } } });
  await space.init();
  const diagnostics = await space.failingApply();
  expect(diagnostics).toHaveLength(1);
  const [diagnostic] = diagnostics;
  return {
    summary: diagnostic?.summary,
    detail: diagnostic?.detail,
    line: diagnostic?.snippet?.code.trim() ?? "",
  };
}

describe("an engine's refusal points at the attribute", () => {
  it("name: a container of someone else's is never taken over", async () => {
    const foreign = await docker("run", "-d", "--name", `${space.prefix}-c`, TEST_IMAGE, "sleep", "1000");
    const { line, detail } = await fault({});
    expect(line).toMatch(/^"name"/);
    expect(detail).toMatch(/already in use by container/);
    expect(await docker("inspect", "-f", "{{.Id}} {{.State.Running}}", `${space.prefix}-c`)).toBe(
      `${foreign} true`,
    );
    expect(await space.state()).toStrictEqual({});
  });

  it("image", async () => {
    const { line, summary } = await fault({ image: "127.0.0.1:1/no/such:image" });
    expect(line).toMatch(/^"image"/);
    expect(summary).toBe("The image 127.0.0.1:1/no/such:image is not on the engine and can't be pulled");
  });

  it("mounts", async () => {
    const { line, detail } = await fault({
      mounts: [{ type: "bind", target: "/x", source: "/no/such/path" }],
    });
    expect(line).toMatch(/^"mounts"/);
    expect(detail).toContain("/no/such/path");
  });

  it("ports", async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const external = (listener.address() as AddressInfo).port;
    try {
      const { line } = await fault({ ports: [{ internal: 80, external, ip: "127.0.0.1" }] });
      expect(line).toMatch(/^"ports"/);
    } finally {
      await new Promise((resolve) => listener.close(resolve));
    }
  });

  it.each([
    ["user", { user: "nobody-knows-me" }],
    ["command", { command: ["/no/such/program"] }],
    ["capabilities", { capabilities: [{ add: ["NO_SUCH_THING"] }] }],
    ["memory", { memory: 1 }],
    ["log_opts", { log_opts: { nonesuch: "1" } }],
    ["network_mode", { network_mode: "no-such-network" }],
    ["networks_advanced", { networks_advanced: [{ name: "no-such-network" }] }],
    ["runtime", { runtime: "nonesuch" }],
    ["healthcheck", { healthcheck: [{ test: ["CMD", "true"], start_interval: "1s" }] }],
    ["upload", { upload: [{ file: "/f", source: "/no/such/file" }] }],
  ])("%s", async (attribute, container) => {
    expect((await fault(container)).line).toMatch(new RegExp(`^"${attribute}"`));
  });

  it("names an attribute that it doesn't implement", async () => {
    const { line, summary } = await fault({ gpus: "all" });
    expect(line).toMatch(/^"gpus"/);
    expect(summary).toBe("gpus is not implemented by the built-in Docker provider");
  });

  it("names a volume that isn't its own", async () => {
    await docker("volume", "create", `${space.prefix}-v`);
    space.configure({ docker_volume: { v: { name: `${space.prefix}-v` } } });
    await space.init();
    const [diagnostic] = await space.failingApply();
    expect(diagnostic?.summary).toContain("exists already");
    expect(diagnostic?.detail).toContain("terraform import");
  });

  it("names a host that doesn't answer", async () => {
    space.configure(
      { docker_volume: { v: { name: `${space.prefix}-v` } } },
      { host: "unix:///no/such.sock" },
    );
    await space.init();
    const [diagnostic] = await space.failingApply();
    expect(diagnostic?.summary).toBe("The Docker engine does not answer");
    expect(diagnostic?.snippet?.code.trim()).toMatch(/^"host"/);
  });
});

describe("a container that doesn't get going", () => {
  it("fails early when it ends while its health is waited for, and is cleaned up by the next apply", async () => {
    const started = Date.now();
    const { summary, detail, line } = await fault({
      command: ["sh", "-c", "echo no config; exit 4"],
      healthcheck: [{ test: ["CMD", "true"], interval: "30s" }],
      wait: true,
      wait_timeout: 100,
    });
    expect(Date.now() - started).toBeLessThan(30_000);
    expect(summary).toBe(`The container ${space.prefix}-c has ended: status 4`);
    expect(detail).toContain("no config");
    expect(line).toMatch(/^"wait"/);
    expect((await space.state())["docker_container.c"]?.status).toBe("tainted");

    space.configure({ docker_container: { c: base() } });
    expect(await space.apply()).toContain("1 added, 0 changed, 1 destroyed");
  });

  it("fails early when it is unhealthy, with what its check said", async () => {
    const { summary, detail, line } = await fault({
      command: ["sh", "-c", "echo listening on nothing; exec sleep 1000"],
      healthcheck: [{ test: ["CMD-SHELL", "echo port closed; exit 1"], interval: "1s", retries: 2 }],
      wait: true,
      wait_timeout: 100,
    });
    expect(summary).toBe(`The container ${space.prefix}-c is unhealthy`);
    expect(detail).toContain("port closed");
    expect(detail).toContain("listening on nothing");
    expect(line).toMatch(/^"healthcheck"/);
  });

  it("fails early when its restart policy brings it back again and again", async () => {
    const { summary } = await fault({
      command: ["sh", "-c", "echo crash; exit 1"],
      restart: "always",
      healthcheck: [{ test: ["CMD", "true"], interval: "30s" }],
      wait: true,
      wait_timeout: 100,
    });
    expect(summary).toMatch(/ends again and again/);
  });

  it("fails at wait_timeout when it stays in between", async () => {
    const { summary, line } = await fault({
      healthcheck: [{ test: ["CMD", "false"], interval: "30s" }],
      wait: true,
      wait_timeout: 2,
    });
    expect(summary).toBe(`The container ${space.prefix}-c is not healthy after 2 s`);
    expect(line).toMatch(/^"wait_timeout"/);
  });

  it("fails when it ends at once although it must run", async () => {
    const { summary, detail } = await fault({ command: ["sh", "-c", "echo bye >&2"] });
    expect(summary).toBe(`The container ${space.prefix}-c has ended: status 0`);
    expect(detail).toContain("bye");
  });
});

describe("a build that fails", () => {
  it("shows the failing step and the last lines of its output", async () => {
    mkdirSync(join(space.directory, "context"));
    space.write(
      "context/Dockerfile",
      "ARG BASE\nFROM ${BASE}\nRUN echo compiling && echo undefined symbol >&2 && exit 9\n",
    );
    space.configure({
      docker_image: {
        i: {
          name: `${space.prefix}-i`,
          build: [{ context: "context", build_args: { BASE: TEST_IMAGE }, force_remove: true }],
        },
      },
    });
    await space.init();
    const [diagnostic] = await space.failingApply();
    expect(diagnostic?.summary).toBe(`The image ${space.prefix}-i can't be built`);
    expect(diagnostic?.detail).toMatch(/non-zero code: 9/);
    expect(diagnostic?.detail).toMatch(/Step 3\/3 : RUN echo compiling/);
    expect(diagnostic?.detail).toMatch(/^compiling$/m);
    expect(diagnostic?.detail).toMatch(/^undefined symbol$/m);
    expect(diagnostic?.snippet?.code.trim()).toMatch(/^"build"/);
  });

  it("says where it looked for a context or a Dockerfile", async () => {
    mkdirSync(join(space.directory, "context"));
    space.configure({
      docker_image: {
        a: { name: `${space.prefix}-a`, build: [{ context: "nowhere" }] },
        b: { name: `${space.prefix}-b`, build: [{ context: "context" }] },
      },
    });
    await space.init();
    const summaries = (await space.failingApply()).map((diagnostic) => diagnostic.summary);
    expect(summaries.sort()).toStrictEqual([
      "The Dockerfile does not exist",
      "The build context is not a directory",
    ]);
  });
});
