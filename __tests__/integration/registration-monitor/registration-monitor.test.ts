import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configSchema } from "../../../assets/genesys-simulator/src/config";
import { Simulator } from "../../../assets/genesys-simulator/src/simulator";
import type { MonitorConfigInput } from "../../../assets/registration-monitor/src/config";
import { baseImages } from "../../../constructs/service/base-images";
import { buildContext } from "../../../constructs/service/context";
import { Phone } from "../../../lib/phone";
import { attempt, docker, eventually, hardened, healthy, logs } from "../asterisk/docker";
import { addresses, passwords, ports, Stand } from "../asterisk/stand";

const stand = new Stand("monitor-test-run");
const container = "monitor-test-run-monitor";
const listen = { address: "127.0.77.5", port: 28091 };
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let genesys: Simulator | undefined;
let phone: Phone | undefined;
let directory: string;

const secret = passwords["ami-monitor"] as string;
const config = (release: string): MonitorConfigInput => ({
  release,
  mode: "static",
  range: { from: "1000", to: "5020" },
  listen,
  ami: { host: addresses.internal, port: ports.ami, username: "monitor", secret },
  metrics: { host: addresses.internal, port: ports.http, username: "monitor", secret },
  reconcileInterval: 2,
  database: {
    host: addresses.internal,
    port: ports.postgres,
    user: "monitor",
    password: passwords["postgres-monitor"] as string,
    interval: 1,
  },
});

const write = (release: string) =>
  writeFileSync(join(directory, "config.json"), JSON.stringify(config(release)), { mode: 0o644 });

async function build(service: string, base: string): Promise<string> {
  const context = buildContext(service, base);
  const tag = `monitor-test-${service}:${context.hash}`;
  const options = ["--quiet", "--network", "host", "--build-arg", `BASE=${base}`, "--tag", tag];
  await docker("build", ...options, context.directory);
  return tag;
}

interface Page {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what the page has is what these tests look at
  readonly body: any;
}

/** Status and body of one of the monitor's pages. */
async function page(path: string): Promise<Page> {
  const response = await fetch(`http://${listen.address}:${listen.port}${path}`, {
    signal: AbortSignal.timeout(2_000),
  });
  return { status: response.status, body: await response.json() };
}

/** The row of a DN, when it looks as expected. */
const rowIs = (dn: string, expected: object) =>
  eventually(
    `row ${dn} to be ${JSON.stringify(expected)}`,
    async () => {
      const { body } = await page(`/registrations/${dn}`);
      try {
        expect(body).toMatchObject(expected);
        return body;
      } catch {
        return undefined;
      }
    },
    30_000,
  );

const lines = (): string[] =>
  logs(container)
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line).msg);

const running = (name: string) =>
  docker("inspect", "--format", "{{.State.StartedAt}} {{.RestartCount}}", name);

beforeAll(async () => {
  await attempt("rm", "--force", "--volumes", container);
  await stand.prepare("postgres", "database", "asterisk");
  const nodejs = await build("nodejs", baseImages.trixie.reference);
  const image = await build("registration-monitor", nodejs);
  genesys = await Simulator.start(
    configSchema.parse({
      release: "test",
      servers: [{ name: "primary", address: addresses.primary, port: ports.sip }],
      api: { address: addresses.primary, port: 0 },
      settings: { dns: [{ from: "1000", to: "5020" }], talk: { mode: "off" } },
    }),
    { log: quiet },
  );
  await stand.startPostgres();
  for (const { status, output } of [await stand.releaseDatabase(), await stand.releaseAsterisk()]) {
    if (status !== 0) throw new Error(output);
  }
  directory = mkdtempSync(join(tmpdir(), "monitor-test-"));
  chmodSync(directory, 0o755);
  write("r1");
  await docker(
    ...["run", "--detach", "--name", container, "--network", "host", "--read-only", ...hardened],
    ...["--volume", `${directory}:/config/current:ro`, "--volume", "/run/control"],
    ...["--health-cmd", "/usr/local/bin/healthcheck", image],
  );
}, 300_000);

afterAll(async () => {
  await phone?.close();
  await attempt("rm", "--force", "--volumes", container);
  await genesys?.stop();
  await stand.remove();
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
}, 60_000);

describe("registration-monitor beside the real Asterisk", () => {
  it("waits for an Asterisk that is not there yet, and says so", async () => {
    await eventually("the monitor to say what it waits for", async () => {
      const answer = await page("/healthz").catch(() => undefined);
      return answer?.status === 503 && answer.body.reason.includes("ECONNREFUSED") ? true : undefined;
    });
    const { status, output } = await attempt("exec", container, "/usr/local/bin/healthcheck");
    expect(status).toBe(1);
    expect(output).toContain("ECONNREFUSED");
  });

  it("sees DNs registered at Genesys when Asterisk has come", async () => {
    await stand.startAsterisk();
    await healthy(container);
    await rowIs("1002", { phone: { registered: false }, genesys: { status: "Registered" } });
    await rowIs("1003", { genesys: { status: "Registered", server: `${addresses.primary}:${ports.sip}` } });
    const { body } = await page("/registrations");
    expect(body.rows.map(({ dn }: { dn: string }) => dn)).toStrictEqual(["1002", "1003"]);
    expect(body.asterisk).toStrictEqual({ live: true, state: "ready", reason: null });
  }, 60_000);

  it("sees a phone come", async () => {
    phone = await Phone.connect({
      url: `ws://${addresses.internal}:${ports.http}/ws`,
      dn: "1002",
      password: passwords["dn/1002"] as string,
      deadlineMs: 5_000,
      localAddress: "127.0.0.1",
    });
    await phone.register({ expires: 300 });
    const row = await rowIs("1002", { phone: { registered: true } });
    expect(row.phone.contacts[0].uri).toMatch(/^sip:.*transport=ws/i);
    const told = `DN 1002: phone registered at Asterisk from ${row.phone.contacts[0].uri}`;
    await eventually("the log to tell of it", async () => lines().includes(told) || undefined);
  });

  it("that went to Genesys and back is told in plain words", async () => {
    await stand.cli("pjsip send unregister genesys-1003");
    await rowIs("1003", { genesys: { status: "Unregistered" } });
    await stand.cli("pjsip send register genesys-1003");
    await rowIs("1003", { genesys: { status: "Registered" } });
    const server = `Genesys ${addresses.primary}:${ports.sip}`;
    const back = `DN 1003: registered at ${server} (was Unregistered)`;
    await eventually("the log to tell of it", async () => lines().includes(back) || undefined);
    expect(lines().slice(-2)).toStrictEqual([`DN 1003: not registered at ${server} (was Registered)`, back]);
  }, 60_000);

  it("survives Asterisk's restart: unknown while it is away, then what is true now", async () => {
    const before = await running(container);
    await phone?.close();
    phone = undefined;
    await docker("stop", "--time", "15", stand.asterisk);
    const away = await page("/registrations");
    expect(away.body.totals.phones).toStrictEqual({ registered: 0, unregistered: 0, unknown: 2 });
    expect(away.body.rows[0]).toMatchObject({ phone: { registered: null }, genesys: { status: "Unknown" } });
    expect((await page("/healthz")).status).toBe(503);

    await docker("start", stand.asterisk);
    await rowIs("1002", { phone: { registered: false }, genesys: { status: "Registered" } });
    await rowIs("1003", { asterisk: { live: true }, genesys: { status: "Registered" } });
    expect((await page("/healthz")).status).toBe(200);
    expect(await running(container)).toBe(before);
  }, 90_000);

  it("finds out when Asterisk hangs, and when it goes on", async () => {
    await docker("pause", stand.asterisk);
    const { reason } = await eventually(
      "the monitor to find out",
      async () => {
        const { status, body } = await page("/healthz");
        return status === 503 ? body : undefined;
      },
      30_000,
    );
    expect(reason).toMatch(/the last picture is \d+ s old|no answer within/);
    await docker("unpause", stand.asterisk);
    await rowIs("1002", { asterisk: { live: true }, genesys: { status: "Registered" } });
  }, 90_000);

  it("takes a release over by its hook, and refuses one that is faulty", async () => {
    write("r2");
    const hook = (name: string, ...args: string[]) =>
      attempt("exec", container, `/usr/local/lib/release/${name}`, ...args);
    expect(await hook("check", "/config/current", "r2")).toStrictEqual({ status: 0, output: "" });
    expect(await hook("reload", "r2")).toStrictEqual({ status: 0, output: "" });
    await rowIs("1002", { asterisk: { live: true } });
    expect((await page("/registrations")).body.release).toBe("r2");
    writeFileSync(join(directory, "config.json"), JSON.stringify({ ...config("r3"), mode: "kamailio" }));
    const fault = 'mode: "kamailio": a mode is static or proxy';
    expect(await hook("check", "/config/current", "r3")).toStrictEqual({
      status: 1,
      output: `/config/current/config.json: ${fault}\n`,
    });
    expect((await hook("reload", "r3")).output).toContain(fault);
    expect((await page("/healthz")).body).toMatchObject({ status: "ok", release: "r2" });
  }, 30_000);

  it("runs as its own user, keeps secrets out of its log, needs little memory, and ends when told to", async () => {
    expect(await docker("exec", container, "id", "-u")).toBe("10005");
    expect(logs(container)).not.toContain(secret);
    const kib = Number(await docker("exec", container, "awk", "/^VmRSS/ { print $2 }", "/proc/1/status"));
    expect(kib).toBeLessThan(90 * 1024);
    await docker("stop", "--time", "10", container);
    expect(await docker("inspect", "--format", "{{.State.ExitCode}}", container)).toBe("0");
    expect(lines().at(-1)).toBe("stopped");
  }, 30_000);
});
