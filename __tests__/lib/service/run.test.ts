import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../ami/fake-asterisk";

const fixture = join(__dirname, "fixture.ts");
const node = ["-r", "tsx/cjs", fixture];

let directory: string;
let file: string;
let env: NodeJS.ProcessEnv;
let child: ChildProcess | undefined;
let output: string;

const lines = (): Record<string, unknown>[] =>
  output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

const write = (config: Record<string, unknown>) =>
  writeFileSync(
    file,
    JSON.stringify({ release: "r1", port: 0, mode: "well", secret: "hush-hush", ...config }),
  );

/** Runs the command line to its end. */
function run(...args: string[]) {
  const { status, stdout } = spawnSync(process.execPath, [...node, ...args], {
    env,
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status, stdout };
}

/** As the engine asks in a container. */
function healthcheck() {
  const script = join(__dirname, "../../../assets/nodejs/healthcheck");
  const { status, stdout } = spawnSync("perl", [script], { env, encoding: "utf8", timeout: 10_000 });
  return { status, stdout };
}

/** Starts the service and waits until it runs. */
async function start(config: Record<string, unknown> = {}): Promise<ChildProcess> {
  write(config);
  output = "";
  child = spawn(process.execPath, [...node, "--config", file], { env });
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await until(() => output.includes('"running"') || child?.exitCode !== null, 20_000);
  return child;
}

const ended = async () => {
  await until(() => child?.exitCode !== null || child?.signalCode !== null, 15_000);
  return child?.exitCode;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "run-"));
  file = join(directory, "config.json");
  env = { ...process.env, CONTROL_SOCKET: join(directory, "control.sock"), LOG_LEVEL: "info" };
});

afterEach(() => {
  child?.kill("SIGKILL");
  child = undefined;
  rmSync(directory, { recursive: true });
});

jest.setTimeout(40_000);

describe("the command line of a service", () => {
  it("--check prints the faults and answers by its exit status", () => {
    write({ port: 1.5, mode: "ill" });
    const { status, stdout } = run("--check", file);
    expect(status).toBe(1);
    expect(stdout.split("\n").filter(Boolean)).toStrictEqual([
      expect.stringContaining(`${file}: port: 1.5: `),
      expect.stringContaining(`${file}: mode: "ill": `),
    ]);
    write({});
    expect(run("--check", file)).toStrictEqual({ status: 0, stdout: "" });
  });

  it("--reload without a running service answers 75", () => {
    expect(run("--reload", "r1")).toStrictEqual({ status: 75, stdout: "" });
  });

  it("runs, is healthy, takes a release over, and ends on SIGTERM with exit status 0", async () => {
    const service = await start();
    const { address } = lines()[0] as { address: { port: number } };
    write({ port: address.port });
    expect(healthcheck()).toStrictEqual({ status: 0, stdout: "fine\n" });
    write({ port: 1 });
    expect(healthcheck()).toStrictEqual({
      status: 1,
      stdout: expect.stringContaining("ECONNREFUSED 127.0.0.1:1"),
    });

    write({ release: "r2" });
    expect(run("--reload", "r2")).toStrictEqual({ status: 0, stdout: "" });
    const refused = run("--reload", "r3");
    expect(refused).toStrictEqual({ status: 1, stdout: "release r2 is in force, not r3\n" });

    service.kill("SIGTERM");
    expect(await ended()).toBe(0);
    expect(lines().map(({ msg }) => msg)).toStrictEqual([
      "listening",
      "running",
      "listening",
      "running",
      "release taken over",
      "stopping",
      "stopped",
    ]);
    expect(lines()[0]).toMatchObject({ level: "info", service: "fixture" });
    expect(output).not.toContain("hush-hush");
    expect(output).toContain("[redacted]");
  });

  it("is not healthy when it does not run", () => {
    expect(healthcheck()).toStrictEqual({
      status: 1,
      stdout: expect.stringMatching(/control\.sock: No such file or directory: the service does not run\n$/),
    });
  });

  it("ends with exit status 1 on a faulty configuration, and says each fault", async () => {
    await start({ mode: "ill" });
    expect(await ended()).toBe(1);
    expect(lines()).toStrictEqual([
      expect.objectContaining({
        level: "fatal",
        file,
        msg: expect.stringContaining('configuration: mode: "ill"'),
      }),
    ]);
  });

  it.each([
    ["throw", "SyntaxError"],
    ["reject", "Error"],
  ])(
    "ends with exit status 1 and a last word when something goes wrong out of nowhere: %s",
    async (mode, type) => {
      await start({ mode });
      expect(await ended()).toBe(1);
      expect(lines().at(-1)).toMatchObject({
        level: "fatal",
        msg: "the service ends: it cannot go on",
        err: { type },
      });
    },
  );

  it("ends with exit status 1 when it cannot stop in time", async () => {
    const service = await start({ mode: "hang" });
    service.kill("SIGINT");
    expect(await ended()).toBe(1);
    expect(lines().at(-1)).toMatchObject({
      level: "fatal",
      err: { message: "stopping took more than 500 ms" },
    });
  });
});
