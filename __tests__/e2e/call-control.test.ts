import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { contactsOf } from "../../tools/asterisk-cli";
import { launchBrowser } from "../../tools/browser";
import { engineOf } from "../../tools/engine";
import { secretPath } from "../../tools/secrets";
import { DockerHost } from "../../tools/verify/host";
import { FarEnd } from "../integration/asterisk/far-end";
import { type Agent, Agents, expectAudio } from "./agents";
import { CallControlApi, type CallRow } from "./call-control-api";
import { command, docker, eventually, localEnvironment, MINUTE, up } from "./support";

/**
 * What an agent desktop does by call-control's API, on the environment that bin/up made, with phones in real browsers. A
 * provider is played by a SIP endpoint with sound of its own.
 */

const OUTSIDE = "+31207654321";

const environment = localEnvironment("static");
let browser: Browser;
let agents: Agents;
let provider: FarEnd;
let api: CallControlApi;

beforeAll(async () => {
  browser = await launchBrowser();
  agents = new Agents(environment, browser);
  up("static");
  provider = await FarEnd.start("127.0.0.5", 5060);
  provider.behaviour = "answer";
  api = CallControlApi.make(environment, `e2e-${process.pid}`, [
    "calls:read",
    "calls:originate",
    "calls:control",
    "recordings:read",
    "recordings:write",
    "campaigns:read",
    "campaigns:write",
    "server:read",
  ]);
}, 15 * MINUTE);

afterAll(async () => {
  api?.remove();
  await provider?.stop();
  await browser?.close();
}, MINUTE);

afterEach(() => agents.leave());

/** An agent's phone rings, and is answered by a click; then the number outside is called, which answers. */
async function outsideCall(dn: string): Promise<{ readonly agent: Agent; readonly call: CallRow }> {
  const agent = await agents.signIn(dn);
  const before = provider.invites.length;
  const call = await api.originate(dn, OUTSIDE);
  await agent.phone.callIs("incoming", 15_000);
  // The agent first, and nobody else until the agent is there.
  expect(provider.invites).toHaveLength(before);
  await agent.phone.button("Answer").click();
  await agent.phone.callIs("active", 15_000);
  await eventually(15_000, async () =>
    expect(await api.row(call.id)).toMatchObject({ status: "answered", to_number: OUTSIDE }),
  );
  return { agent, call };
}

async function ended(call: CallRow): Promise<CallRow> {
  let row = call;
  await eventually(15_000, async () => {
    row = await api.row(call.id);
    expect(row.status).toBe("ended");
  });
  return row;
}

/** Nothing of ours stands in Asterisk. */
async function nothingLeft(): Promise<void> {
  await eventually(15_000, () => {
    const cli = (words: string) =>
      docker("exec", "local-asterisk", "asterisk", "-C", "/config/current/asterisk.conf", "-rx", words);
    expect(cli("core show channels concise").trim()).toBe("");
    expect(cli("bridge show all").trim().split("\n")).toHaveLength(1);
  });
}

describe("originate", () => {
  it(
    "rings the agent, then the destination, and writes the row with the channel's id; hang-up tears it down and closes the row",
    async () => {
      const { agent, call } = await outsideCall("1003");
      expect(call).toMatchObject({ type: "outbound", status: "dialing", from_number: "1003", agent: "1003" });
      const invitation = provider.invites.at(-1)?.request;
      expect(invitation?.uri.toString()).toContain(`sip:${OUTSIDE}@127.0.0.5`);
      expect(invitation?.from.uri.toString()).toContain("+31201234567");
      const channels = docker(
        ...["exec", "local-asterisk", "asterisk", "-C", "/config/current/asterisk.conf", "-rx"],
        "core show channels concise",
      );
      expect(channels).toContain(call.channel_id);
      expect(await api.row(call.id)).toMatchObject({ channel_id: call.channel_id, trunk: "provider" });
      await eventually(5_000, () => expect(provider.sound.loud).toBeGreaterThan(5));

      const { status } = await api.ask("POST", "/telephony/calls/hangup/", { channel_id: call.channel_id });
      expect(status).toBe(200);
      await agent.phone.callIs("ended");
      const row = await ended(call);
      expect(row).toMatchObject({ outcome: "answered", cause: 16 });
      expect(row.duration).toBeGreaterThan(0);
      await nothingLeft();
    },
    2 * MINUTE,
  );

  it(
    "connects two agents through Genesys, whose talk event answers the second one's phone",
    async () => {
      const both = await agents.both();
      const [callee, caller] = both;
      const call = await api.originate("1003", "1002");
      await caller.phone.callIs("incoming", 15_000);
      await caller.phone.button("Answer").click();
      await callee.phone.callIs("active", 15_000);
      await expectAudio(both, 2);
      await caller.phone.button("Hang up").click();
      expect(await ended(call)).toMatchObject({ type: "internal", outcome: "answered" });
      await nothingLeft();
    },
    2 * MINUTE,
  );

  it(
    "refuses numbers that are not allowed, and says so of an agent whose phone is not there",
    async () => {
      const refused = await api.ask("POST", "/telephony/calls/originate/", {
        agent: "1003",
        phone_number: "+14155550100",
      });
      expect(refused).toMatchObject({ status: 403, body: { error: { code: "NUMBER_FORBIDDEN" } } });
      // The phone of the call before has gone, and Asterisk has seen it.
      const host = new DockerHost(engineOf(environment), environment);
      await eventually(15_000, async () =>
        expect((await contactsOf(host)).map(({ aor }) => aor)).not.toContain("1003"),
      );
      const away = await api.ask("POST", "/telephony/calls/originate/", {
        agent: "1003",
        phone_number: OUTSIDE,
      });
      expect(away.body).toMatchObject({ error: { code: "UNAVAILABLE" } });
      const dialled = (await api.ask<{ calls: CallRow[] }>("GET", "/telephony/calls/live/")).body.calls;
      expect(dialled).toStrictEqual([]);
    },
    MINUTE,
  );
});

describe("an agent's call", () => {
  it(
    "to a number outside is dialled by its trunk, and logged",
    async () => {
      const agent = await agents.signIn("1003");
      await agent.phone.dial("0207654321");
      await agent.phone.callIs("active", 15_000);
      const { body } = await api.ask<{ calls: CallRow[] }>("GET", "/telephony/calls/live/");
      const [call] = body.calls;
      expect(call).toMatchObject({ type: "outbound", from_number: "1003", to_number: OUTSIDE });
      await agent.phone.button("Hang up").click();
      expect(await ended(call as CallRow)).toMatchObject({ outcome: "answered" });
      await nothingLeft();
    },
    MINUTE,
  );
});

describe("transfer", () => {
  it.each(["blind", "attended"])(
    "%s moves the call to 1002",
    async (mode) => {
      const { agent, call } = await outsideCall("1003");
      const target = await agents.signIn("1002");
      const started = await api.ask("POST", "/telephony/calls/transfer/", {
        channel_id: call.channel_id,
        destination: "1002",
        mode,
      });
      expect(started.status).toBe(200);
      await target.phone.callIs("active", 20_000);
      if (mode === "attended") {
        await expectAudio([agent, target], 1);
        await eventually(5_000, async () =>
          expect((await api.ask("POST", `/telephony/calls/${call.id}/transfer/complete/`)).status).toBe(200),
        );
      }
      await agent.phone.callIs("ended");
      await eventually(5_000, async () =>
        expect(await api.row(call.id)).toMatchObject({ to_number: "1002", agent: "1002" }),
      );
      const before = provider.sound.loud;
      await eventually(5_000, () => expect(provider.sound.loud).toBeGreaterThan(before + 5));
      await target.phone.button("Hang up").click();
      expect(await ended(call)).toMatchObject({ outcome: "answered" });
      await nothingLeft();
    },
    2 * MINUTE,
  );
});

describe("a recording", () => {
  it(
    "has what was said, by an address that needs no key and can't be changed",
    async () => {
      const { call } = await outsideCall("1003");
      expect((await api.ask("POST", `/telephony/calls/${call.id}/recording/`)).status).toBe(201);
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      const stopped = await api.ask<{ id: string }>("DELETE", `/telephony/calls/${call.id}/recording/`);
      expect(stopped.status).toBe(200);
      await api.ask("POST", "/telephony/calls/hangup/", { channel_id: call.channel_id });
      let url = "";
      await eventually(10_000, async () => {
        const address = await api.ask<{ url: string }>(
          "GET",
          `/telephony/recordings/${stopped.body.id}/url/`,
        );
        expect(address.status).toBe(200);
        url = address.body.url;
      });
      const { status, bytes } = await api.fetch("GET", url);
      expect(status).toBe(200);
      expect(bytes.subarray(0, 4).toString("latin1")).toBe("RIFF");
      // 8,000 samples a second of 16 bits, behind a head of 44 bytes. The browser's microphone beeps twice a second.
      const samples = new Int16Array(bytes.buffer, bytes.byteOffset + 44, (bytes.length - 44) >> 1);
      expect(samples.length / 8_000).toBeGreaterThan(3);
      const loud = Array.from({ length: Math.floor(samples.length / 800) }, (_, tenth) =>
        samples.subarray(tenth * 800, tenth * 800 + 800).some((sample) => Math.abs(sample) > 2_000),
      ).filter(Boolean).length;
      expect(loud).toBeGreaterThan(4);
      const forged = url.replace(/expires=(\d+)/, (_, second) => `expires=${Number(second) + 3_600}`);
      expect((await api.fetch("GET", forged)).status).toBe(403);
      await nothingLeft();
    },
    2 * MINUTE,
  );
});

describe("a campaign", () => {
  it(
    "puts a customer who answers through to an agent's phone, which stays for the next one",
    async () => {
      const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
      const made = await api.ask<{ id: string }>("POST", "/telephony/campaigns/", {
        name: `e2e ${Date.now()}`,
        mode: "progressive",
        calling_hours: Object.fromEntries(days.map((day) => [day, [["00:00", "24:00"]]])),
        time_zone: "Europe/Amsterdam",
      });
      expect(made.status).toBe(201);
      const campaign = `/telephony/campaigns/${made.body.id}`;
      try {
        const leads = [{ phone_number: OUTSIDE }];
        expect((await api.ask("POST", `${campaign}/leads/`, { leads })).status).toBe(200);
        const agent = await agents.signIn("1003");
        const joined = api.ask("POST", `${campaign}/agents/`, { agent: "1003" });
        await agent.phone.callIs("incoming", 15_000);
        await agent.phone.button("Answer").click();
        expect((await joined).status).toBeLessThan(300);
        const before = provider.sound.loud;
        expect((await api.ask("POST", `${campaign}/start/`)).status).toBe(200);
        let call: CallRow | undefined;
        await eventually(20_000, async () => {
          [call] = (await api.ask<{ calls: CallRow[] }>("GET", "/telephony/calls/live/")).body.calls;
          expect(call).toMatchObject({ type: "campaign", status: "answered", agent: "1003" });
        });
        await eventually(5_000, () => expect(provider.sound.loud).toBeGreaterThan(before + 5));
        await api.ask("POST", "/telephony/calls/hangup/", { channel_id: call?.channel_id });
        expect(await ended(call as CallRow)).toMatchObject({ outcome: "answered", to_number: OUTSIDE });
        await agent.phone.callIs("active");
        await agent.phone.button("Hang up").click();
        await nothingLeft();
      } finally {
        await api.ask("POST", `${campaign}/pause/`);
        await api.ask("DELETE", `${campaign}/`);
      }
    },
    2 * MINUTE,
  );
});

describe("without", () => {
  it(
    "call-control, which is killed, a call goes on; its row is right afterwards",
    async () => {
      const { agent, call } = await outsideCall("1003");
      const pid = docker("inspect", "-f", "{{.State.Pid}}", "local-call-control").trim();
      process.kill(Number(pid), "SIGKILL");
      const before = provider.sound.loud;
      await eventually(10_000, () => expect(provider.sound.loud).toBeGreaterThan(before + 20));
      await agent.phone.callIs("active");
      await eventually(MINUTE, async () =>
        expect(await api.row(call.id)).toMatchObject({ status: "answered" }),
      );
      await agent.phone.button("Hang up").click();
      const row = await ended(call);
      expect(row).toMatchObject({ outcome: "answered" });
      await nothingLeft();
    },
    3 * MINUTE,
  );

  it(
    "call-control, the end of a call that it has not seen is in the log all the same",
    async () => {
      const { agent, call } = await outsideCall("1003");
      docker("stop", "--time", "10", "local-call-control");
      try {
        await agent.phone.button("Hang up").click();
        await agent.phone.callIs("ended");
      } finally {
        docker("start", "local-call-control");
      }
      await eventually(MINUTE, async () =>
        expect(await api.row(call.id)).toMatchObject({ status: "ended", answered_at: expect.any(String) }),
      );
      await nothingLeft();
    },
    3 * MINUTE,
  );

  it(
    "Postgres for 30 s, calls go on and end, and none of it is missing in the log",
    async () => {
      const { agent, call } = await outsideCall("1003");
      docker("stop", "local-postgres");
      const stopped = Date.now();
      try {
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        const { status } = await api.ask("POST", "/telephony/calls/hangup/", { channel_id: call.channel_id });
        expect(status).toBe(200);
        await agent.phone.callIs("ended");
        await new Promise((resolve) => setTimeout(resolve, stopped + 30_000 - Date.now()));
      } finally {
        docker("start", "local-postgres");
      }
      await eventually(MINUTE, async () => {
        const row = await api.row(call.id);
        expect(row).toMatchObject({ status: "ended", outcome: "answered" });
        // The time of the end, and not of when it could be written.
        expect(Date.parse(String(row.ended_at))).toBeLessThan(stopped + 20_000);
      });
    },
    3 * MINUTE,
  );
});

describe("verify", () => {
  it(
    "is red when the password of ARI is wrong, and says so",
    async () => {
      const path = secretPath(environment, "ari") as string;
      const before = readFileSync(path);
      writeFileSync(path, "another\n");
      try {
        // Asterisk learns of it, and call-control, whose events go on to come, doesn't.
        const { status, output } = command("./bin/up", ["--replace", "asterisk-release"]);
        expect(status).not.toBe(0);
        expect(output).toMatch(/✗ call control[^✓✗]*rejects the ARI user[^✓✗]*the secret `ari` has changed/);
      } finally {
        writeFileSync(path, before);
      }
      expect(command("./bin/up", ["--replace", "asterisk-release"]).output).toMatch(/all \d+ checks green/);
    },
    5 * MINUTE,
  );
});

describe("GET /telephony/server/test", () => {
  it("makes real requests, and the OpenAPI document is served", async () => {
    const { status, body } = await api.ask("GET", "/telephony/server/test/");
    expect(status).toBe(200);
    expect(body).toMatchObject({ ok: true, asterisk: { ok: true }, database: { ok: true } });
    const document = await api.ask<{ openapi: string; paths: object }>("GET", "/openapi.json");
    expect(document.body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.body.paths)).toContain("/telephony/calls/originate/");
  });
});

describe("/calls/", () => {
  it(
    "shows the calls that are up to who has a key",
    async () => {
      const { call } = await outsideCall("1003");
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      try {
        const page = await context.newPage();
        const { address, port } = environment.nginx;
        await page.goto(`https://${address}:${port}/calls/`);
        await page.getByLabel("API key").fill(api.key);
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByText(OUTSIDE).first().waitFor();
        await page.screenshot({ path: join(".cache", "test", "screenshots", "e2e-calls.png") });
      } finally {
        await context.close();
      }
      await api.ask("POST", "/telephony/calls/hangup/", { channel_id: call.channel_id });
      await ended(call);
    },
    2 * MINUTE,
  );
});
