import { buffer } from "node:stream/consumers";
import type { Phone } from "../../../lib/phone";
import type { Dialog, SipResponse } from "../../../lib/sip";
import { docker, eventually } from "../asterisk/docker";
import { ports } from "../asterisk/stand";
import { TcpProxy } from "../asterisk/tcp-proxy";
import { addresses, Control, Site } from "./site";
import { Speaker, strengthOf } from "./speaker";

jest.setTimeout(90_000);

const site = new Site("calls");
let alice: Phone;
let bob: Phone;

beforeAll(() => site.start(), 400_000);
afterAll(() => site.stop(), 60_000);

beforeEach(async () => {
  alice = await site.phone("1002");
  bob = await site.phone("1003");
  site.provider.behaviour = "answer";
});

/** Whatever a test has done, nothing is left when its calls are over. */
afterEach(async () => {
  const left = await eventually(
    "nothing to be left",
    async () => ((await site.standing()).length === 0 ? [] : undefined),
    5_000,
  ).catch(() => site.standing());
  await site.clear();
  expect(left).toStrictEqual([]);
});

/** 1002 speaks with a number outside. */
async function talking(control: Control) {
  const { id } = await control.engine.originate({ agent: "1002", to: "0612345678" });
  const leg = await alice.incomingCall();
  await leg.answer();
  await control.change("answered");
  return { id, leg };
}

/** A phone's own transfer. */
async function refer(phone: Phone, dialog: Dialog | undefined, to: string): Promise<SipResponse> {
  // Phones of lib/phone don't transfer by themselves.
  const { agent, contact } = phone as unknown as {
    agent: { sendInDialog: (dialog: Dialog, method: string, init: object) => Promise<SipResponse> };
    contact: string;
  };
  const headers = [
    ["Refer-To", to],
    ["Referred-By", `<sip:1002@${addresses.internal}>`],
    ["Contact", `<${contact}>`],
  ];
  return agent.sendInDialog(dialog as Dialog, "REFER", { headers });
}

async function bridged(channels: number): Promise<void> {
  await eventually(`${channels} channels in one bridge`, async () =>
    new RegExp(`^call-.* ${channels} stasis`, "m").test(await site.stand.cli("bridge show all"))
      ? true
      : undefined,
  );
}

describe("an originated call", () => {
  it("rings the agent, then the destination, joins them, and its row follows it to the end", async () => {
    const control = await Control.start(site);
    const call = await control.engine.originate({ agent: "1002", to: "0612345678" });
    const incoming = await alice.incomingCall();
    expect(incoming.request.get("From")).toContain("sip:+31612345678@");
    expect(site.provider.invites).toStrictEqual([]);
    await incoming.answer();
    const { request } = await eventually("an INVITE", () => site.provider.invites[0]);
    expect(request.uri.toString()).toContain("sip:+31612345678@");
    expect(request.get("From")).toMatch(/^<sip:\+31201234567@/);
    await control.change("answered");
    await bridged(2);
    const row = await control.row(call.id, ({ status }) => status === "answered");
    expect(row).toMatchObject({
      channelId: call.channelId,
      type: "outbound",
      from: "1002",
      to: "+31612345678",
    });
    await incoming.bye();
    const ended = await control.row(call.id, ({ status }) => status === "ended");
    expect(ended).toMatchObject({ outcome: "answered", cause: 16, trunk: "provider" });
    expect(ended.duration).toBeGreaterThan(0);
  });

  it("is hung up by request, at both phones", async () => {
    const control = await Control.start(site, { internalCalls: "direct" });
    const { id } = await control.engine.originate({ agent: "1002", to: "1003" });
    const first = await alice.incomingCall();
    await first.answer();
    const second = await bob.incomingCall();
    expect(second.request.get("From")).toContain("sip:1002@");
    await second.answer();
    await control.change("answered");
    const ended = await control.engine.hangup(id);
    expect(ended).toMatchObject({ status: "ended", outcome: "answered", cause: 16 });
    expect([await first.ended(), await second.ended()]).toStrictEqual(["remote", "remote"]);
    expect(await control.row(id, ({ status }) => status === "ended")).toMatchObject({ outcome: "answered" });
  });

  it.each([
    [486, "busy", 17],
    [603, "rejected", 21],
    [404, "unavailable", 1],
    [503, "failed", 34],
  ])("whose destination answers %d is %s", async (status, outcome, cause) => {
    const control = await Control.start(site);
    site.provider.behaviour = status;
    const { id } = await control.engine.originate({ agent: "1002", to: "0612345678" });
    const incoming = await alice.incomingCall();
    await incoming.answer();
    await incoming.ended();
    expect(await control.row(id, (row) => row.status === "ended")).toMatchObject({ outcome, cause });
  });

  it("of an agent without a phone is refused", async () => {
    const control = await Control.start(site);
    await expect(control.engine.originate({ agent: "1004", to: "1002" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
  });
});

describe("a phone's own call", () => {
  it("to a DN is put through, and its causes are passed on", async () => {
    await Control.start(site);
    const call = await alice.invite("1003");
    const incoming = await bob.incomingCall();
    await call.ringing();
    incoming.reject(486);
    expect((await call.final()).status).toBe(486);
    expect((await (await alice.invite("1004")).final()).status).toBe(480);
  });

  it("that Genesys carries is followed to its end", async () => {
    site.genesys.behaviour = "answer";
    const control = await Control.start(site, { internalCalls: "genesys" });
    const call = await alice.invite("1003");
    await call.answered();
    const { call: started } = await control.change("answered");
    // Longer than the dialplan waits for the application to take a call.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    await call.bye();
    expect(await control.row(started.id, ({ status }) => status === "ended")).toMatchObject({
      ...{ type: "internal", from: "1002", to: "1003", outcome: "answered", cause: 16 },
    });
  });

  it("lasts longer than the dialplan waits for the application to take it", async () => {
    await Control.start(site);
    const call = await alice.invite("0612345678");
    await call.answered();
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(call.isOver).toBe(false);
    await call.bye();
  });
});

describe("a call of the provider", () => {
  const asterisk = { address: addresses.trunk, port: 25080 };

  it("to a queue rings all, and goes to the first who answers", async () => {
    const control = await Control.start(site);
    const call = site.provider.call("+31201234568", asterisk);
    const [first, second] = await Promise.all([alice.incomingCall(), bob.incomingCall()]);
    expect(first.request.get("From")).toContain("+31612345678");
    await second.answer();
    expect(await first.ended()).toBe("cancelled");
    const { response, dialog } = await call.final;
    expect([response.status, dialog?.state]).toStrictEqual([200, "confirmed"]);
    await bridged(2);
    await second.bye();
    await control.change("ended");
    expect(control.changes.at(-1)?.call).toMatchObject({ type: "inbound", to: "support", agent: "1003" });
  });
});

describe("a transfer", () => {
  it("blind moves the call to 1003", async () => {
    const control = await Control.start(site);
    const { id, leg } = await talking(control);
    await control.engine.transfer(id, "1003", "blind");
    expect(await leg.ended()).toBe("remote");
    const incoming = await bob.incomingCall();
    expect(incoming.request.get("From")).toContain("+31612345678");
    await incoming.answer();
    await bridged(2);
    expect(await control.row(id, ({ to }) => to === "1003")).toMatchObject({
      agent: "1003",
      status: "answered",
    });
    await incoming.bye();
  });

  it("attended lets the agent ask first, while the other party hears music", async () => {
    const control = await Control.start(site);
    const { id, leg } = await talking(control);
    const before = site.provider.sound.loud;
    await control.engine.transfer(id, "1003", "attended");
    const incoming = await bob.incomingCall();
    await incoming.answer();
    await eventually("music", () => site.provider.sound.loud > before + 20 || undefined);
    await eventually("1003 to be up", () => control.engine.completeTransfer(id).catch(() => undefined));
    expect(await leg.ended()).toBe("remote");
    await bridged(2);
    expect(await control.row(id, ({ to }) => to === "1003")).toMatchObject({ agent: "1003" });
    await incoming.bye();
  });

  it("by the phone itself (REFER) moves the call, and is checked as any other", async () => {
    const control = await Control.start(site);
    const { id, leg } = await talking(control);
    expect((await refer(alice, leg.dialog, `<sip:1003@${addresses.internal}>`)).status).toBe(202);
    const incoming = await bob.incomingCall();
    await incoming.answer();
    await bridged(2);
    expect(await leg.ended()).toBe("remote");
    expect(control.engine.live()).toMatchObject([{ id, to: "1003" }]);
    await incoming.bye();
  });

  it("by a phone that joins its two calls goes on in both, until one party hangs up", async () => {
    const control = await Control.start(site);
    const { leg } = await talking(control);
    const second = await alice.invite("1003");
    const incoming = await bob.incomingCall();
    await incoming.answer();
    await second.answered();
    await control.change("answered", 2);
    const { callId, localTag, remoteTag } = second.dialog as Dialog;
    const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`);
    await refer(alice, leg.dialog, `<sip:1003@${addresses.internal}?Replaces=${replaces}>`);
    await control.change("transferred", 2);
    expect(await leg.ended()).toBe("remote");
    expect(control.engine.live()).toMatchObject([
      { from: "+31612345678", to: "1003" },
      { from: "1003", to: "+31612345678" },
    ]);
    await incoming.bye();
    await control.change("ended", 2);
  });
});

describe("what goes away", () => {
  it("the service: a call goes on, and its row is right afterwards", async () => {
    const first = await Control.start(site);
    const { id, leg } = await talking(first);
    await first.row(id, ({ status }) => status === "answered");
    await first.kill();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(leg.isOver).toBe(false);
    const second = await Control.start(site);
    await eventually("the call", () => second.engine.find(id));
    await bridged(2);
    await leg.bye();
    const row = await second.row(id, ({ status }) => status === "ended");
    expect(row).toMatchObject({ outcome: "answered", cause: 16 });
    expect(row.duration).toBeGreaterThan(2);
  });

  it("the service, while a call ends: it is found to have ended", async () => {
    const first = await Control.start(site);
    const { id, leg } = await talking(first);
    await first.row(id, ({ status }) => status === "answered");
    await first.kill();
    await leg.bye();
    const second = await Control.start(site);
    const row = await second.row(id, ({ status }) => status === "ended");
    expect(row).toMatchObject({
      outcome: "answered",
      causeText: "It ended while Asterisk was not connected",
    });
  });

  it("ARI's WebSocket: it is back within 5 s, and no end is missed", async () => {
    const proxy = await TcpProxy.start(addresses.internal, ports.http);
    site.onClear(() => proxy.stop());
    const control = await Control.start(site, { ari: { ...site.config.ari, url: proxy.url } });
    const { id, leg } = await talking(control);
    await proxy.refuse();
    await eventually("the loss", () => control.ari.state !== "ready" || undefined);
    await leg.bye();
    await proxy.accept();
    const back = Date.now();
    await control.change("ended");
    expect(Date.now() - back).toBeLessThan(5_000);
    expect(await control.row(id, ({ status }) => status === "ended")).toMatchObject({ outcome: "answered" });
  });

  it("Postgres: no change is lost", async () => {
    const control = await Control.start(site);
    const before = await talking(control);
    await control.row(before.id, ({ status }) => status === "answered");
    await docker("stop", "--time", "1", site.stand.postgres);
    try {
      await before.leg.bye();
      await control.change("ended");
      const { id, leg } = await talking(control);
      await leg.bye();
      await control.change("ended", 2);
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      expect(control.log.failure).toBeDefined();
      await docker("start", site.stand.postgres);
      for (const call of [before.id, id]) {
        expect(
          await control.row(call, ({ status }) => status === "ended").catch(() => undefined),
        ).toBeDefined();
      }
    } finally {
      await docker("start", site.stand.postgres);
    }
  });
});

it("records a call, and plays back what was said", async () => {
  const control = await Control.start(site);
  const { id, leg } = await talking(control);
  const offer = site.provider.invites[0]?.request.body.toString() ?? "";
  const speaker = await Speaker.start(addresses.provider, offer, 700);
  const recording = await control.recordings.begin(id, "key:test");
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await leg.bye();
  speaker.stop();
  const done = await eventually("the recording's end", async () => {
    const row = await control.recordings.get(recording.id);
    return row?.state === "done" ? row : undefined;
  });
  expect(done.duration).toBeGreaterThan(1);
  const { stream, contentType } = await control.recordings.download(recording.id);
  const wav = await buffer(stream);
  expect(contentType).toBe("audio/wav");
  expect(strengthOf(700, wav)).toBeGreaterThan(20 * strengthOf(1_100, wav));
  expect(control.story).toContain("recording_ended");
});
