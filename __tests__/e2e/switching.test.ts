import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import type { Environment } from "../../config";
import type { Phone } from "../../lib/phone";
import { launchBrowser } from "../../tools/browser";
import { simulator } from "../../tools/simulator";
import { Phones } from "../../tools/verify/phones";
import { PhonePage } from "../browser/phone-page";
import { BrowserMedia } from "./browser-media";
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
  upMeanwhile,
} from "./support";
import { AudioWatch, RegistrationWatch } from "./watch";

/**
 * A switch that nobody hears: the mode is switched both ways while two browsers talk to each other and other phones are
 * signed in. Genesys keeps one binding of a DN, or several.
 */

const LONGEST_GAP = 1000;
const DNS = ["1002", "1003", "1004", "1005"];
/** Of those, what the environment file doesn't have. */
const ADDED = ["1004", "1005"];
const file = join(root, "environments", "local.yaml");
const before = readFileSync(file, "utf8");
const restore = () => writeFileSync(file, before);

let environment: Environment;
let phones: Phones;
let browser: Browser;
const report: string[] = [];
const started = new Date().toISOString();

interface Agent {
  readonly phone: PhonePage;
  readonly media: BrowserMedia;
}

beforeAll(async () => {
  process.once("exit", restore);
  // Two more DNs: one whose phone does nothing, one whose phone comes in the new mode.
  writeFileSync(file, before.replace("  - 1003\n", `  - 1003\n${ADDED.map((dn) => `  - ${dn}\n`).join("")}`));
  browser = await launchBrowser();
  up("static");
  environment = localEnvironment("static");
  phones = new Phones(environment);
}, 15 * MINUTE);

afterAll(async () => {
  await browser?.close();
  restore();
  process.off("exit", restore);
  // Whoever adds one of these later must not find a password of before.
  for (const dn of ADDED) rmSync(localSecret(`dn/${dn}`), { force: true });
  console.log(report.join("\n"));
}, MINUTE);

/** Long-running containers with the time of their start: another id, or another time, is a call that was dropped. */
function running(): string {
  const names = docker("ps", "--format", "{{.Names}}", "--filter", "label=webrtc-genesys.environment=local");
  const services = names.split("\n").filter((name) => name !== "" && !name.endsWith("-release"));
  return docker("inspect", "-f", "{{.Name}} {{.Id}} {{.State.StartedAt}}", ...services.sort());
}

async function agent(dn: string): Promise<Agent> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const media = await BrowserMedia.watch(page);
  const phone = new PhonePage(page);
  await page.goto(`https://${environment.nginx.address}:${environment.nginx.port}/phone/`);
  await phone.signIn(dn, phones.password(dn));
  await phone.lineIs("registered", 20_000);
  return { phone, media };
}

async function registered(dn: string): Promise<Phone> {
  const phone = await phones.connect(dn);
  await phone.register();
  return phone;
}

/** A call is answered, and ended by who was called. */
async function callWorks(caller: Phone, callee: Phone, dn: string): Promise<void> {
  const call = await caller.invite(dn);
  const incoming = await callee.incomingCall();
  await incoming.answer();
  await call.answered();
  await incoming.bye();
  expect(await call.ended()).toBe("remote");
}

describe.each([1, 4])("a SIP Server that keeps %d bindings of a DN", (bindingsPerDn) => {
  let callee!: Agent;
  let caller!: Agent;
  let idle: Phone;

  beforeAll(async () => {
    await simulator(environment, "/settings", "PUT", { bindingsPerDn });
    [callee, caller] = [await agent("1002"), await agent("1003")];
    idle = await registered("1004");
    await eventually(30_000, async () => expect(await registeredDns(environment)).toStrictEqual(DNS));
    await caller.phone.dial("1002");
    await callee.phone.callIs("active", 15_000);
    await caller.phone.callIs("active", 15_000);
    await eventually(5000, async () => expect((await callee.media.audio()).energy).toBeGreaterThan(0));
  }, 5 * MINUTE);

  afterAll(async () => {
    await idle?.unregister().catch(() => undefined);
    await idle?.close();
    for (const { phone } of [callee, caller].filter((one) => one !== undefined))
      await phone?.page.context().close();
  }, MINUTE);

  it.each(["proxy", "static"] as const)(
    "hears nothing of a switch to %s mode, nor do phones and calls",
    async (mode) => {
      let lost: string | undefined;
      idle.disconnected.then((error) => {
        lost = `its socket was closed: ${error?.message ?? "without an error"}`;
      });
      const containers = running();
      const present = ["1002", "1003", "1004"];
      const watch = await RegistrationWatch.begin(environment, present);
      const audio = [callee, caller].map(({ media }) => new AudioWatch(media));
      const { output } = await upMeanwhile(mode);
      expect(output).toMatch(/all \d+ checks green/);
      // Long enough for what comes late: farewells of Asterisk's, and DNs that are handed over.
      await new Promise((resolve) => setTimeout(resolve, 8000));
      for (const each of audio) await each.stop();
      const registrations = await watch.end();

      const gaps = audio.map(({ longestGap }) => longestGap);
      report.push(
        `${bindingsPerDn} binding${bindingsPerDn > 1 ? "s" : ""} per DN, to ${mode}: not registered for ${JSON.stringify(registrations.gaps)} ms ` +
          `at most; no audio for ${gaps.join(" and ")} ms at most`,
      );
      expect(registrations.gaps).toStrictEqual(Object.fromEntries(present.map((dn) => [dn, 0])));
      // Each went from one to the other, and that was seen.
      expect(registrations.changed).toStrictEqual(present);
      expect(registrations.mostBindings).toBe(1);
      for (const gap of gaps) expect(gap).toBeLessThan(LONGEST_GAP);
      expect(running()).toBe(containers);
      expect(lost).toBeUndefined();
      for (const { phone } of [callee, caller]) expect(await phone.call("active").count()).toBe(1);

      // In proxy mode only who has a phone; in static mode everybody of the file.
      const expected = mode === "static" ? DNS : present;
      await eventually(30_000, async () => expect(await registeredDns(environment)).toStrictEqual(expected));
      const newcomer = await registered("1005");
      await eventually(5000, async () => expect(await registeredDns(environment)).toStrictEqual(DNS));
      await callWorks(newcomer, idle, "1004");
      await callWorks(idle, newcomer, "1005");
      await newcomer.unregister();
      await newcomer.close();
    },
    5 * MINUTE,
  );

  it(
    "ends the call that has been up all the time for both, when one hangs up",
    async () => {
      await caller.phone.call("active").getByRole("button", { name: "Hang up" }).click();
      await Promise.all([callee, caller].map(({ phone }) => phone.callIs("ended")));
    },
    MINUTE,
  );
});

describe("a phone that is connected to Asterisk past the tunnel", () => {
  it(
    "is un-registered when it goes, in proxy mode too",
    async () => {
      const phone = await registered("1004");
      up("proxy");
      await eventually(5000, async () => expect(await registeredDns(environment)).toContain("1004"));
      await phone.close();
      const closed = Date.now();
      await eventually(45_000, async () => expect(await registeredDns(environment)).not.toContain("1004"));
      // graceSeconds of sip-proxy: it might come back.
      expect(Date.now() - closed).toBeGreaterThan(25_000);
    },
    5 * MINUTE,
  );
});

it("says nothing of a switch in Asterisk's log but what it is told", () => {
  const complaints = command("docker", ["logs", "--since", started, "local-asterisk"])
    .output.split("\n")
    .filter((line) => /^\[[^\]]+\] ERROR/.test(line));
  expect(complaints).toStrictEqual([]);
});
