import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Environment } from "../../config";
import type { Phone } from "../../lib/phone";
import { Phones } from "../../tools/verify/phones";
import {
  command,
  docker,
  eventually,
  localEnvironment,
  localSecret,
  MINUTE,
  registeredDns,
  root,
  up,
} from "./support";

/** A switch from static to proxy mode that breaks at each of its steps, on purpose. What was there goes on. */

let environment: Environment;
let phones: Phones;
let phone: Phone;
let lost: boolean;
let containers: string;

/** Ids and starts of what must not be replaced. */
const running = () =>
  docker(
    "inspect",
    "-f",
    "{{.Name}} {{.Id}} {{.State.StartedAt}}",
    ...["asterisk", "nginx", "sip-proxy", "postgres"].map((service) => `local-${service}`),
  );

/** `bin/up` to proxy mode, which must fail; what it said. */
function fails(): string {
  const { status, output } = command("./bin/up", [], { FORWARDING_MODE: "proxy" });
  expect(output).not.toContain("checks green");
  expect(status).toBe(1);
  return output.replaceAll(/[│\s]+/g, " ");
}

/**
 * Static mode is as whole as it was: every check, a call, the phone's socket. Only what the switch has done so far is told
 * as drift, of registration-monitor at least, which nothing of the switch waits for.
 */
async function staticModeWorks(): Promise<void> {
  const { output } = command("npm", ["run", "--silent", "verify", "--", "local"], {
    FORWARDING_MODE: "static",
  });
  const red = output.split("\n").filter((line) => line.startsWith("✗"));
  expect(red).toStrictEqual([
    expect.stringMatching(/^✗ no drift .*registration-monitor.* in mode proxy, and static is meant$/),
  ]);
  expect(output).toMatch(/1 of \d+ checks red/);
  expect(await registeredDns(environment)).toStrictEqual(["1002", "1003"]);
  expect(lost).toBe(false);
  expect(running()).toBe(containers);
  await callWorks();
}

async function callWorks(): Promise<void> {
  const caller = await phones.connect("1003");
  try {
    await caller.register();
    const call = await caller.invite("1002");
    const incoming = await phone.incomingCall();
    await incoming.answer();
    await call.answered();
    await incoming.bye();
    expect(await call.ended()).toBe("remote");
  } finally {
    await caller.unregister().catch(() => undefined);
    await caller.close();
  }
}

/** The next deploy goes on from there, with the same file; and back, with the old one. */
async function nextDeployWorks(): Promise<void> {
  up("proxy");
  await callWorks();
  expect(lost).toBe(false);
  expect(running()).toBe(containers);
}

beforeAll(() => {
  environment = localEnvironment("static");
  phones = new Phones(environment);
});

beforeEach(async () => {
  up("static");
  await eventually(20_000, async () =>
    expect(await registeredDns(environment)).toStrictEqual(["1002", "1003"]),
  );
  containers = running();
  phone = await phones.connect("1002");
  await phone.register();
  lost = false;
  void phone.disconnected.then(() => {
    lost = true;
  });
}, 15 * MINUTE);

afterEach(async () => {
  await phone?.unregister().catch(() => undefined);
  await phone?.close();
}, MINUTE);

describe("a switch that fails", () => {
  it(
    "because sip-proxy can't listen for phones leaves everything as it was, and the next deploy goes on",
    async () => {
      const { address, port } = environment.sipProxy;
      const squatter = createServer().listen(port, address);
      // What follows lets nothing else happen in this process.
      await once(squatter, "listening");
      try {
        const words = fails();
        expect(words).toContain(`EADDRINUSE: address already in use ${address}:${port}`);
        expect(words).toContain("the release of sip-proxy was refused, see there");
        await staticModeWorks();
      } finally {
        await new Promise((resolve) => squatter.close(resolve));
      }
      await nextDeployWorks();
    },
    8 * MINUTE,
  );

  it.each([
    ["nginx", "status-users", "operator:secret\n", "secret 'status-users', line 1: not name:hash"],
    ["asterisk", "ari", `${"x".repeat(9000)}\n`, "release of asterisk was refused"],
  ])(
    "because %s finds its files faulty changes nothing at all",
    async (_, name, fault, words) => {
      const before = readFileSync(localSecret(name));
      const since = new Date().toISOString();
      writeFileSync(localSecret(name), fault);
      try {
        expect(fails()).toContain(words);
        const log = docker("logs", "--since", since, "local-sip-proxy");
        expect(log).not.toContain("Asterisk's DNs are adopted");
      } finally {
        writeFileSync(localSecret(name), before);
      }
      await staticModeWorks();
    },
    8 * MINUTE,
  );

  it.each(["nginx", "asterisk"])(
    "because %s hangs is told, and leaves who registers the DNs in place",
    async (service) => {
      docker("pause", `local-${service}`);
      try {
        expect(fails()).toMatch(
          service === "nginx"
            ? /running service did not take it over/
            : /Asterisk can't (be asked|tell) which DNs are registered/,
        );
      } finally {
        docker("unpause", `local-${service}`);
      }
      await eventually(MINUTE, () =>
        expect(docker("inspect", "-f", "{{.State.Health.Status}}", `local-${service}`)).toBe("healthy\n"),
      );
      await staticModeWorks();
      await nextDeployWorks();
    },
    8 * MINUTE,
  );
});

/** A process and all that it has started. */
function family(pid: number): number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
  return [pid, ...children.flatMap(family)];
}

function parentOf(process: string): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${process}/stat`, "utf8"))?.[1]);
  } catch {
    return undefined; // it has ended
  }
}

describe("a deploy that is killed", () => {
  it.each([
    ["before", "local-sip-proxy-release", (state: string) => state !== ""],
    ["after", "local-nginx-release", (state: string) => state === "exited"],
  ])(
    "%s sip-proxy has taken its release over is completed by the next one, and calls go on",
    async (_, container, isTime) => {
      const id = () => command("docker", ["inspect", "-f", "{{.Id}} {{.State.Status}}", container]).output;
      const [before] = id().trim().split(" ");
      const env = { ...process.env, FORWARDING_MODE: "proxy" };
      const deploy = spawn("./bin/up", { cwd: root, env, stdio: "ignore" });
      const ended = new Promise<number | null>((resolve) => deploy.on("close", resolve));
      await eventually(2 * MINUTE, () => {
        const [now, state = ""] = id().trim().split(" ");
        expect(/^[0-9a-f]{64}$/.test(now ?? "") && now !== before && isTime(state)).toBe(true);
      });
      for (const pid of family(deploy.pid as number)) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It has ended.
        }
      }
      await ended;
      expect(await registeredDns(environment)).toStrictEqual(expect.arrayContaining(["1002"]));
      await callWorks();
      await nextDeployWorks();
    },
    8 * MINUTE,
  );
});
