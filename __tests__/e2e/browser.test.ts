import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import type { Environment } from "../../config";
import { launchBrowser } from "../../tools/browser";
import { simulator, talkTimes } from "../../tools/simulator";
import { PhonePage } from "../browser/phone-page";
import { BrowserMedia } from "./browser-media";
import { command, eventually, localEnvironment, MINUTE, registeredDns, root, up } from "./support";
import { FIELD, timeline } from "./timeline";

/**
 * What agents do, in real browsers on the environment that bin/up made: two pages with real media, Genesys' calls and
 * its talk event. Only Genesys is simulated.
 */

let environment: Environment;
let browser: Browser;
const contexts: BrowserContext[] = [];

interface Agent {
  readonly dn: string;
  readonly phone: PhonePage;
  readonly media: BrowserMedia;
}

beforeAll(async () => {
  browser = await launchBrowser();
  environment = localEnvironment("static");
  if (process.env.CI)
    expect(command("npm", ["run", "--silent", "destroy", "--", "local", "--yes"]).status).toBe(0);
}, 10 * MINUTE);

afterAll(() => browser?.close());

afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});

function password(dn: string): string {
  return readFileSync(join(root, environment.secrets.directory, "dn", dn), "utf8").trim();
}

async function agent(dn: string): Promise<Agent> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  contexts.push(context);
  const page = await context.newPage();
  const media = await BrowserMedia.watch(page);
  const phone = new PhonePage(page);
  await page.goto(`https://${environment.nginx.address}:${environment.nginx.port}/phone/`);
  await phone.signIn(dn, password(dn));
  await phone.lineIs("registered", 20_000);
  return { dn, phone, media };
}

/** 1002 and 1003, registered at both ends. */
async function agents(): Promise<[Agent, Agent]> {
  const both: [Agent, Agent] = [await agent("1002"), await agent("1003")];
  await eventually(20_000, async () =>
    expect(await registeredDns(environment)).toEqual(expect.arrayContaining(["1002", "1003"])),
  );
  return both;
}

/** 1003 calls 1002, whose phone answers by itself when Genesys says so. */
async function call([callee, caller]: [Agent, Agent]): Promise<void> {
  await caller.phone.dial(callee.dn);
  await callee.phone.callIs("active", 15_000);
  await caller.phone.callIs("active", 15_000);
}

/** 1003 calls 1002, whose phone rings on until a click answers. */
async function ringsUntilAnswered(both: [Agent, Agent]): Promise<void> {
  const [callee, caller] = both;
  await caller.phone.dial(callee.dn);
  await callee.phone.callIs("incoming", 15_000);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await callee.phone.callIs("incoming", 100);
  await callee.phone.button("Answer").click();
  await caller.phone.callIs("active");
  await expectAudio(both, 1);
}

/** Ends the call for both, and waits until its card is gone from both pages. */
async function hangUp(one: Agent, other: Agent): Promise<void> {
  await one.phone.call("active").getByRole("button", { name: "Hang up" }).click();
  // The card of a call that has ended stays for some seconds only.
  await Promise.all([one, other].map(({ phone }) => phone.callIs("ended")));
  await Promise.all([one, other].map(({ phone }) => phone.call().waitFor({ state: "detached" })));
}

/** Packets come in at both ends for so many seconds, hardly any is lost, and they carry sound. */
async function expectAudio(both: readonly Agent[], seconds: number): Promise<void> {
  // DTLS takes its time after the answer.
  await eventually(5_000, async () => {
    for (const { media } of both) expect((await media.audio()).packetsReceived).toBeGreaterThan(0);
  });
  const before = await Promise.all(both.map(({ media }) => media.audio()));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after = await Promise.all(both.map(({ media }) => media.audio()));
  for (const [index, then] of before.entries()) {
    const now = after[index] as typeof then;
    const received = now.packetsReceived - then.packetsReceived;
    const lost = now.packetsLost - then.packetsLost;
    // 50 packets a second, at 20 ms each.
    expect(received).toBeGreaterThan(seconds * 40);
    expect(lost / (received + lost)).toBeLessThan(0.01);
    expect(now.energy).toBeGreaterThan(then.energy);
  }
}

function browserCalls(mode: "static" | "proxy") {
  it(
    "a call is answered by Genesys' talk event, with audio both ways, and either side ends it",
    async () => {
      const both = await agents();
      const [callee, caller] = both;
      await simulator(environment, "/messages", "DELETE");
      // In the field, Genesys sent it 297 ms after the INVITE.
      await simulator(environment, "/settings", "PUT", { talk: { delayMs: 250 } });
      await call(both);
      await expectAudio(both, 5);
      await callee.phone.screenshot(`e2e-${mode}-call`);
      const times = await talkTimes(environment);
      console.log(timeline(`${mode} mode`, times));
      expect(times.ok - times.invite).toBeLessThan(FIELD.inviteToOk);
      expect(times.ok - times.notify).toBeLessThan(FIELD.notifyToOk);

      await hangUp(caller, callee);

      await call(both);
      await hangUp(callee, caller);
      expect(callee.phone.console.concat(caller.phone.console)).toEqual([]);
    },
    2 * MINUTE,
  );

  it(
    "rings until a click answers, when the agent has switched talk events off",
    async () => {
      const both = await agents();
      await both[0].phone.setTalkEvents(false);
      await ringsUntilAnswered(both);
    },
    MINUTE,
  );

  it(
    "shows Invalid Called DN for a DN that is not registered",
    async () => {
      const caller = await agent("1003");
      await caller.phone.dial("1004");
      await caller.phone.callIs("ended");
      expect(await caller.phone.call().textContent()).toContain("Invalid Called DN");
    },
    MINUTE,
  );

  it(
    "keeps the audio while the page's WebSocket is cut, and registers again",
    async () => {
      const both = await agents();
      const [callee, caller] = both;
      await call(both);
      await callee.media.cutSocket();
      await callee.phone.lineIs("waiting");
      await callee.phone.lineIs("registered", 15_000);
      await expectAudio(both, 2);
      await hangUp(callee, caller);
    },
    MINUTE,
  );

  it(
    "a restart of Asterisk ends the call on both pages, and both register again",
    async () => {
      const both = await agents();
      await call(both);
      execFileSync("docker", ["restart", "--time", "10", "local-asterisk"], { stdio: "ignore" });
      await Promise.all(both.map(({ phone }) => phone.callIs("ended", MINUTE)));
      await Promise.all(both.map(({ phone }) => phone.lineIs("registered", MINUTE)));
      await eventually(MINUTE, async () =>
        expect(await registeredDns(environment)).toEqual(expect.arrayContaining(["1002", "1003"])),
      );
      await call(both);
    },
    4 * MINUTE,
  );
}

describe("static mode", () => {
  beforeAll(() => up("static"), 15 * MINUTE);
  browserCalls("static");
});

describe("proxy mode", () => {
  beforeAll(() => {
    environment = localEnvironment("proxy");
    up("proxy");
  }, 15 * MINUTE);
  browserCalls("proxy");
});

describe("an environment with talkEvents: off", () => {
  const file = join(root, "environments", "local.yaml");
  const before = readFileSync(file, "utf8");
  const restore = () => writeFileSync(file, before);

  beforeAll(() => {
    process.once("exit", restore);
    writeFileSync(file, `${before}\ntalkEvents: off\n`);
    up("proxy");
  }, 15 * MINUTE);

  afterAll(() => {
    restore();
    process.off("exit", restore);
    up("proxy");
  }, 15 * MINUTE);

  it(
    "rings until a click answers",
    async () => {
      await ringsUntilAnswered(await agents());
    },
    MINUTE,
  );
});
