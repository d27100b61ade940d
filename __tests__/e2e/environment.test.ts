import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../config";
import type { Phone } from "../../lib/phone";
import { simulator } from "../../tools/simulator";
import { Phones } from "../../tools/verify/phones";
import { command, docker, eventually, localEnvironment, MINUTE, registeredDns, root, up } from "./support";

/**
 * The README's two commands on the real engine, and what users get from them. Genesys is the simulator; everything
 * else is what production runs.
 */

let environment: Environment;
let phones: Phones;

function use(mode: "static" | "proxy") {
  environment = localEnvironment(mode);
  phones = new Phones(environment);
}

const open: Phone[] = [];

async function signedIn(dn: string): Promise<Phone> {
  const phone = await phones.connect(dn);
  open.push(phone);
  await phone.register();
  return phone;
}

afterEach(async () => {
  for (const phone of open.splice(0)) {
    await phone.unregister().catch(() => undefined);
    await phone.close();
  }
});

beforeAll(() => {
  use("static");
  // On a machine that others have used, what is left of their environment would stand in the way.
  if (process.env.CI)
    expect(command("npm", ["run", "--silent", "destroy", "--", "local", "--yes"]).status).toBe(0);
}, 10 * MINUTE);

function callsWork() {
  it(
    "rings 1003 when 1002 calls it, through Genesys, and brings the talk event that makes it answer",
    async () => {
      const caller = await signedIn("1002");
      const callee = await signedIn("1003");
      await eventually(15_000, async () =>
        expect(await registeredDns(environment)).toStrictEqual(["1002", "1003"]),
      );
      await simulator(environment, "/messages", "DELETE");

      const call = await caller.invite("1003");
      const incoming = await callee.incomingCall();
      expect((await call.ringing()).status).toBe(180);
      expect(incoming.request.get("X-Genesys-CallUUID")).toMatch(/^[0-9A-Z]{32}$/);
      expect(incoming.request.get("From")).toContain("Agent 1002");
      const passed = await simulator<{ dn: string }[]>(environment, "/messages?method=INVITE&direction=in");
      expect(passed.length).toBeGreaterThan(0);

      // Genesys asks the ringing phone to answer, and Asterisk alone would swallow that.
      const talk = await callee.notification("talk");
      expect(talk.inDialog).toBe(false);
      expect(talk.request.get("X-Genesys-CallUUID")).toBe(incoming.request.get("X-Genesys-CallUUID"));

      expect((await call.cancel()).status).toBe(487);
    },
    MINUTE,
  );

  it(
    "ends the call for both when one hangs up",
    async () => {
      const caller = await signedIn("1002");
      const callee = await signedIn("1003");
      await eventually(15_000, async () =>
        expect(await registeredDns(environment)).toStrictEqual(["1002", "1003"]),
      );
      const call = await caller.invite("1003");
      const incoming = await callee.incomingCall();
      await incoming.answer();
      await call.answered();
      await incoming.bye();
      expect(await call.ended()).toBe("remote");
    },
    MINUTE,
  );

  it(
    "answers 404 to a call to a DN that is not registered",
    async () => {
      const caller = await signedIn("1002");
      const final = await (await caller.invite("1004")).final();
      expect(final.status).toBe(404);
      const refusals = await simulator<{ startLine: string }[]>(
        environment,
        "/messages?method=INVITE&direction=out",
      );
      expect(refusals.map(({ startLine }) => startLine)).toContain("SIP/2.0 404 Invalid Called DN");
    },
    MINUTE,
  );

  it.each(["1002", "1777"])(
    "refuses a wrong password of %s, whether the DN is known or not",
    async (dn) => {
      const phone = await phones.connect(dn, "not the password");
      open.push(phone);
      await expect(phone.register()).rejects.toMatchObject({ code: "refused", status: 401 });
    },
    MINUTE,
  );
}

describe("static mode", () => {
  it(
    "comes up and every check is green",
    () => {
      up("static");
    },
    15 * MINUTE,
  );

  it(
    "registers the file's DNs at Genesys before any phone is there",
    async () => {
      await eventually(20_000, async () =>
        expect(await registeredDns(environment)).toStrictEqual(["1002", "1003"]),
      );
    },
    MINUTE,
  );

  callsWork();

  it(
    "changes nothing when nothing has changed",
    () => {
      const before = docker("ps", "-aq", "--no-trunc", "--filter", "label=webrtc-genesys.environment=local");
      up("static");
      expect(docker("ps", "-aq", "--no-trunc", "--filter", "label=webrtc-genesys.environment=local")).toBe(
        before,
      );
    },
    5 * MINUTE,
  );
});

describe("proxy mode", () => {
  beforeAll(() => use("proxy"));

  it(
    "takes the running system over and every check is green",
    () => {
      const asterisk = docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", "local-asterisk");
      up("proxy");
      // The same Asterisk goes on: a switch of mode drops no call.
      expect(docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", "local-asterisk")).toBe(asterisk);
    },
    15 * MINUTE,
  );

  it(
    "has nobody registered at Genesys who isn't at Asterisk",
    async () => {
      await eventually(60_000, async () => expect(await registeredDns(environment)).toStrictEqual([]));
    },
    2 * MINUTE,
  );

  it(
    "registers a DN when its phone does, and un-registers it with it",
    async () => {
      const phone = await signedIn("1002");
      await eventually(5000, async () => expect(await registeredDns(environment)).toStrictEqual(["1002"]));
      await phone.unregister();
      await eventually(5000, async () => expect(await registeredDns(environment)).toStrictEqual([]));
    },
    MINUTE,
  );

  it(
    "follows a DN from its phone to Genesys, and says where the chain breaks",
    async () => {
      const status = () =>
        command("npm", ["run", "--silent", "dn", "--", "status", "1002"], { FORWARDING_MODE: "proxy" });
      const broken = status();
      expect(broken.output).toContain("✗ phone at Asterisk");
      expect(broken.status).toBe(1);
      await signedIn("1002");
      await eventually(5000, async () => expect(await registeredDns(environment)).toStrictEqual(["1002"]));
      const whole = status();
      expect(whole.output).toContain("✓ registered by sip-proxy  registered since");
      expect(whole.status).toBe(0);
    },
    MINUTE,
  );

  it("keeps its HTTP API to who has the token", async () => {
    const url = `http://127.0.0.1:${environment.sipProxy.apiPort}`;
    expect((await fetch(`${url}/registrations`)).status).toBe(401);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("sip_proxy_");
  });

  it("tells the story of a DN in its log, in the operators' words", () => {
    const log = docker("logs", "--since", "5m", "local-sip-proxy");
    for (const line of [
      "REGISTER from phone",
      "401 from Asterisk",
      "200 from Asterisk",
      "REGISTER to Genesys",
      "200 from Genesys",
    ]) {
      expect(log).toContain(line);
    }
  });

  callsWork();
});

describe("back to static mode", () => {
  beforeAll(() => use("static"));

  it(
    "is an ordinary deploy, and every check is green",
    () => {
      up("static");
    },
    15 * MINUTE,
  );

  callsWork();
});

describe("secrets", () => {
  const directory = join(root, ".secrets", "local");
  const secrets = () =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "certificate.pem")
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
      // Of a key, a line from its middle.
      .map((text) => (text.includes("PRIVATE KEY") ? (text.split("\n")[1] ?? "") : text.trim()));

  const places: [string, () => string][] = [
    ["cdk.tf.json", () => readFileSync(join(root, "cdktf.out/stacks/local/cdk.tf.json"), "utf8")],
    ["the state", () => readFileSync(join(root, "terraform.local.tfstate"), "utf8")],
    ["docker inspect", () => docker("inspect", ...containerNames())],
    ["the logs", () => containerNames().map(logs).join("\n")],
  ];
  const containerNames = () =>
    docker("ps", "-a", "--filter", "label=webrtc-genesys.environment=local", "--format", "{{.Names}}")
      .trim()
      .split("\n");
  const logs = (name: string) => {
    const { stdout, stderr } = spawnSync("docker", ["logs", name], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  };

  it.each(places)("don't occur in %s", (_, read) => {
    const text = read();
    expect(text.length).toBeGreaterThan(1000);
    expect(secrets().length).toBeGreaterThan(5);
    expect(secrets().filter((secret) => text.includes(secret))).toStrictEqual([]);
  });
});
