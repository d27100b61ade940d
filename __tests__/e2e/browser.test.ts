import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../../tools/browser";
import { simulator, talkTimes } from "../../tools/simulator";
import { Agents, call, expectAudio, hangUp, ringsUntilAnswered } from "./agents";
import { genesysChallenges } from "./genesys-challenges";
import { genesysHolds } from "./genesys-holds";
import { proxyOutage, staticOutage } from "./genesys-outage";
import { eventually, localEnvironment, MINUTE, registeredDns, root, up } from "./support";
import { FIELD, timeline } from "./timeline";

/**
 * What agents do, in real browsers on the environment that bin/up made: two pages with real media, Genesys' calls and
 * its talk event. Only Genesys is simulated.
 */

let agents: Agents;
let browser: Browser;

function use(mode: "static" | "proxy") {
  agents = new Agents(localEnvironment(mode), browser);
}

beforeAll(async () => {
  browser = await launchBrowser();
}, MINUTE);

afterAll(() => browser?.close());

afterEach(() => agents.leave());

function browserCalls(mode: "static" | "proxy") {
  it(
    "a call is answered by Genesys' talk event, with audio both ways, and either side ends it",
    async () => {
      const both = await agents.both();
      const [callee, caller] = both;
      await simulator(agents.environment, "/messages", "DELETE");
      // In the field, Genesys sent it 297 ms after the INVITE.
      await simulator(agents.environment, "/settings", "PUT", { talk: { delayMs: 250 } });
      await call(both);
      await expectAudio(both, 5);
      await callee.phone.screenshot(`e2e-${mode}-call`);
      const times = await talkTimes(agents.environment);
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
      const both = await agents.both();
      await both[0].phone.setTalkEvents(false);
      await ringsUntilAnswered(both);
    },
    MINUTE,
  );

  it(
    "shows Invalid Called DN for a DN that is not registered",
    async () => {
      const caller = await agents.signIn("1003");
      await caller.phone.dial("1004");
      await caller.phone.callIs("ended");
      expect(await caller.phone.call().textContent()).toContain("Invalid Called DN");
    },
    MINUTE,
  );

  it(
    "keeps the audio while the page's WebSocket is cut, and registers again",
    async () => {
      const both = await agents.both();
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
      const both = await agents.both();
      await call(both);
      execFileSync("docker", ["restart", "--time", "10", "local-asterisk"], { stdio: "ignore" });
      await Promise.all(both.map(({ phone }) => phone.callIs("ended", MINUTE)));
      await Promise.all(both.map(({ phone }) => phone.lineIs("registered", MINUTE)));
      await eventually(MINUTE, async () =>
        expect(await registeredDns(agents.environment)).toEqual(expect.arrayContaining(["1002", "1003"])),
      );
      await call(both);
    },
    4 * MINUTE,
  );
}

describe("static mode", () => {
  beforeAll(() => {
    use("static");
    up("static");
  }, 15 * MINUTE);
  browserCalls("static");
  genesysHolds(() => agents);
  genesysChallenges("static", () => agents);
  staticOutage(() => agents);
});

describe("proxy mode", () => {
  beforeAll(() => {
    use("proxy");
    up("proxy");
  }, 15 * MINUTE);
  browserCalls("proxy");
  genesysHolds(() => agents);
  genesysChallenges("proxy", () => agents);
  proxyOutage(() => agents);
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
  });

  it(
    "rings until a click answers",
    async () => {
      await ringsUntilAnswered(await agents.both());
    },
    MINUTE,
  );
});
