import { createSocket } from "node:dgram";
import type { CallRecord } from "../../../assets/genesys-simulator/src/calls/call-record";
import type { SipResponse } from "../../../lib/sip";
import { ANSWER, Endpoint, eventually, FAST, OFFER, ringing, SDP, TestSimulator } from "./harness";

let simulator: TestSimulator;
let caller: Endpoint;
let called: Endpoint;

async function start(...overrides: Parameters<typeof TestSimulator.start>): Promise<void> {
  simulator = await TestSimulator.start(...overrides);
  caller = await Endpoint.open("1002");
  called = await Endpoint.open("1003");
  await called.register(simulator.primary);
}

afterEach(async () => {
  // First: it hangs up what is left, and the phones answer that.
  await simulator.stop();
  await Promise.all([caller.close(), called.close()]);
});

/** A call that is up: both dialogs. */
async function connected() {
  const rang = ringing(called);
  const outgoing = caller.invite(simulator.primary, "1003");
  const incoming = await rang;
  await incoming.accept({ contact: called.contact, headers: SDP, body: ANSWER });
  const { response, dialog } = await outgoing.final;
  if (!dialog || !incoming.dialog) throw new Error("no dialog");
  await eventually(() => simulator.simulator.calls.records()[0]?.state === "answered", "the call to be up");
  return { response, callerDialog: dialog, calledDialog: incoming.dialog, incoming };
}

async function calls(): Promise<CallRecord[]> {
  return (await simulator.api("GET", "/calls")).body;
}

const bye = (endpoint: Endpoint) => endpoint.requests.filter(({ request }) => request.method === "BYE");

describe("a call between two DNs", () => {
  it("passes through both legs with bodies unchanged and a CallUUID", async () => {
    await start();
    const progress: SipResponse[] = [];
    const rang = ringing(called);
    const outgoing = caller.invite(simulator.primary, "1003", {
      onProvisional: (response) => progress.push(response),
    });
    const incoming = await rang;
    expect(incoming.request.body.toString()).toBe(OFFER);
    expect(incoming.request.get("X-Genesys-CallUUID")).toMatch(/^[0-9A-Z]{32}$/);
    expect(incoming.request.from.displayName).toBe("Agent 1002");
    expect(incoming.request.uri).toBe(called.contact);
    await incoming.accept({ contact: called.contact, headers: SDP, body: ANSWER });
    const { response, dialog } = await outgoing.final;
    expect([response.status, response.body.toString()]).toEqual([200, ANSWER]);
    expect(progress.map(({ status }) => status)).toEqual([100, 180]);
    expect(dialog?.callId).not.toBe(incoming.request.callId);
    const [call] = await calls();
    expect(call).toMatchObject({ from: "1002", to: "1003", state: "answered", server: "primary" });
    expect(call?.uuid).toBe(incoming.request.get("X-Genesys-CallUUID"));
  });

  it("reaches a phone over TCP from one over UDP", async () => {
    await start();
    const overTcp = await Endpoint.open("1004", "TCP");
    try {
      overTcp.onRequest = (incoming) => {
        if (incoming.request.method === "INVITE")
          void incoming.accept({ contact: overTcp.contact, body: ANSWER });
      };
      await overTcp.register(simulator.primary);
      const { response } = await caller.invite(simulator.primary, "1004").final;
      expect(response.status).toBe(200);
      expect(overTcp.requests[0]?.request.via.transport).toBe("TCP");
    } finally {
      await overTcp.close();
    }
  });

  it("ends both legs when the caller hangs up", async () => {
    await start();
    const { callerDialog } = await connected();
    await expect(caller.agent.sendInDialog(callerDialog, "BYE")).resolves.toMatchObject({ status: 200 });
    await eventually(() => bye(called).length === 1, "BYE at the called phone");
    expect(await calls()).toEqual([
      expect.objectContaining({ state: "ended", endedBy: "caller", status: 200 }),
    ]);
  });

  it("ends both legs when the called phone hangs up", async () => {
    await start();
    const { calledDialog } = await connected();
    await expect(called.agent.sendInDialog(calledDialog, "BYE")).resolves.toMatchObject({ status: 200 });
    await eventually(() => bye(caller).length === 1, "BYE at the caller");
    expect(await calls()).toEqual([expect.objectContaining({ state: "ended", endedBy: "called" })]);
  });

  it("cancels the called phone when the caller cancels", async () => {
    await start();
    const rang = ringing(called);
    const outgoing = caller.invite(simulator.primary, "1003");
    const incoming = await rang;
    const cancelled = new Promise<void>((resolve) => {
      incoming.onCancel = resolve;
    });
    await eventually(() => outgoing.earlyDialog, "180 at the caller");
    outgoing.cancel();
    await cancelled;
    expect((await outgoing.final).response.status).toBe(487);
    expect(await calls()).toEqual([
      expect.objectContaining({ state: "ended", endedBy: "caller", status: 487 }),
    ]);
  });

  it("hangs the called phone up when its 200 crossed the caller's CANCEL", async () => {
    await start();
    const rang = ringing(called);
    const outgoing = caller.invite(simulator.primary, "1003");
    const incoming = await rang;
    await eventually(() => outgoing.earlyDialog, "180 at the caller");
    // Answered in the moment that the CANCEL comes: its 200 is on the way before the 487.
    const cancelled = eventually(
      () => simulator.simulator.calls.records()[0]?.state === "ended",
      "the CANCEL",
    );
    await simulator.api("PUT", "/faults", { delayMs: 100 });
    outgoing.cancel();
    await incoming.accept({ contact: called.contact, body: ANSWER });
    await simulator.api("DELETE", "/faults");
    await cancelled;
    const { response } = await outgoing.final;
    await eventually(() => bye(called).length === 1, "BYE at the called phone");
    expect(response.status).toBe(487);
  });

  it.each([
    [486, 486, "Busy Here"],
    [603, 603, "Decline"],
    [302, 480, "Temporarily Unavailable"],
    [401, 480, "Temporarily Unavailable"],
  ])("passes the phone's %d on as %d", async (status, passed, reason) => {
    await start();
    called.onRequest = (incoming) => void incoming.respond(status);
    const { response, dialog } = await caller.invite(simulator.primary, "1003").final;
    expect([response.status, response.reason, dialog]).toEqual([passed, reason, undefined]);
  });

  it("answers 404 Invalid Called DN where nobody is registered", async () => {
    await start();
    const { response } = await caller.invite(simulator.primary, "1004").final;
    expect([response.status, response.reason]).toEqual([404, "Invalid Called DN"]);
    expect(simulator.lines).toContain("call of 1002 to 1004: 404, the called DN is not registered here");
  });

  it("answers 408 when the phone says nothing", async () => {
    await start({ calls: { responseSeconds: 1 } });
    const silent = createSocket("udp4");
    await new Promise<void>((resolve) => silent.bind(0, "127.0.3.1", resolve));
    try {
      const contact = `sip:1002@127.0.3.1:${silent.address().port}`;
      await caller
        .client(simulator.primary, { contact })
        .register(600, { flow: caller.flowTo(simulator.primary) });
      const { response } = await called.invite(simulator.primary, "1002").final;
      expect(response.status).toBe(408);
      expect(simulator.lines).toContain(
        "call of 1003 to 1002: ended by the switch: the phone did not answer the INVITE within 1 s",
      );
    } finally {
      silent.close();
    }
  });

  it("answers 480 and cancels when the phone only rings", async () => {
    await start({ calls: { ringSeconds: 1 } });
    const rang = ringing(called);
    const outgoing = caller.invite(simulator.primary, "1003");
    const incoming = await rang;
    const cancelled = new Promise<void>((resolve) => {
      incoming.onCancel = resolve;
    });
    expect((await outgoing.final).response.status).toBe(480);
    await cancelled;
  });

  it.each([
    ["the caller", "caller"],
    ["the called phone", "called"],
  ] as const)("passes re-INVITE, UPDATE and INFO of %s and their answers", async (_who, side) => {
    await start();
    const { callerDialog, calledDialog } = await connected();
    const [from, to, dialog] =
      side === "caller" ? [caller, called, callerDialog] : [called, caller, calledDialog];
    to.onRequest = (incoming) => {
      const { method } = incoming.request;
      if (method === "INVITE") void incoming.accept({ contact: to.contact, headers: SDP, body: "answer" });
      else if (method === "INFO") incoming.respond(415);
      else incoming.respond(200, { headers: SDP, body: "updated" });
    };
    const headers = [...SDP, ["Contact", `<${from.contact}>`]] as const;
    const update = await from.agent.sendInDialog(dialog, "UPDATE", { headers, body: "new" });
    expect([update.status, update.body.toString()]).toEqual([200, "updated"]);
    const info = await from.agent.sendInDialog(dialog, "INFO", {
      headers: [["Content-Type", "application/dtmf-relay"]],
      body: "Signal=5",
    });
    expect(info.status).toBe(415);
    const reinvite = dialog.request("INVITE", { headers, body: "offer" });
    const { response } = await from.agent.invite(reinvite, { flow: dialog.flow }).final;
    expect([response.status, response.body.toString()]).toEqual([200, "answer"]);
    const passed = to.requests
      .map(({ request }) => request)
      .filter(({ method, body }) => method !== "INVITE" || body.toString() !== OFFER);
    expect(passed.map(({ method, body }) => [method, body.toString()])).toEqual([
      ["UPDATE", "new"],
      ["INFO", "Signal=5"],
      ["INVITE", "offer"],
    ]);
    // The call is still up and can be ended.
    await expect(from.agent.sendInDialog(dialog, "BYE")).resolves.toMatchObject({ status: 200 });
    await eventually(() => bye(to).length === 1, "BYE at the other side");
  });

  it("ends a call when the other side has forgotten it", async () => {
    await start();
    const { callerDialog, calledDialog } = await connected();
    called.agent.endDialog(calledDialog);
    const answer = await caller.agent.sendInDialog(callerDialog, "INFO");
    expect(answer.status).toBe(481);
    await eventually(() => simulator.simulator.calls.count === 0, "the call to end");
  });

  it("refuses an INVITE without an offer, and one that has gone round", async () => {
    await start();
    const offerless = await caller.invite(simulator.primary, "1003", { body: "" }).final;
    expect(offerless.response.status).toBe(488);
    const round = await caller.invite(simulator.primary, "1003", { headers: [["Max-Forwards", 0]] }).final;
    expect(round.response.status).toBe(483);
  });

  it("ends a call that leads back to itself when Max-Forwards is used up", async () => {
    await start();
    const { address, port } = simulator.primary;
    const client = caller.client(simulator.primary, { contact: `sip:1002@${address}:${port}` });
    await client.register(600, { flow: caller.flowTo(simulator.primary) });
    const { response } = await called.invite(simulator.primary, "1002", { headers: [["Max-Forwards", 5]] })
      .final;
    expect(response.status).toBe(483);
    expect(await calls()).toHaveLength(5);
  });

  it("refuses calls above the limit", async () => {
    await start({ calls: { maxActive: 1 } });
    const rang = ringing(called);
    const first = caller.invite(simulator.primary, "1003");
    await rang;
    const { response } = await caller.invite(simulator.primary, "1003").final;
    expect(response.status).toBe(503);
    first.cancel();
    await first.final;
  });

  it("challenges INVITE too where that is set", async () => {
    await start({ digest: { enabled: true, password: "secret", methods: ["INVITE"] } });
    const { response } = await caller.invite(simulator.primary, "1003").final;
    expect([response.status, response.get("WWW-Authenticate")]).toEqual([
      401,
      expect.stringContaining("genesys"),
    ]);
  });

  it("answers 408 when timer B says that nothing came, and hangs up when no ACK comes", async () => {
    await start({}, {}, FAST);
    const raw = createSocket("udp4");
    await new Promise<void>((resolve) => raw.bind(0, "127.0.3.1", resolve));
    try {
      const contact = `sip:1002@127.0.3.1:${raw.address().port}`;
      await caller
        .client(simulator.primary, { contact })
        .register(600, { flow: caller.flowTo(simulator.primary) });
      const { response } = await called.invite(simulator.primary, "1002").final;
      expect(response.status).toBe(408);

      // Now it calls, and says nothing after its INVITE.
      const heard: string[] = [];
      raw.on("message", (bytes) => heard.push(bytes.toString().split(" ", 2).join(" ")));
      const rang = ringing(called);
      raw.send(invitation(contact), simulator.primary.port, simulator.primary.address);
      const incoming = await rang;
      await incoming.accept({ contact: called.contact, headers: SDP, body: ANSWER });
      await eventually(() => heard.some((line) => line.startsWith("BYE ")), "BYE at the caller");
      await eventually(() => bye(called).length === 1, "BYE at the called phone");
      expect(heard.filter((line) => line === "SIP/2.0 200").length).toBeGreaterThan(2);
      expect(simulator.lines.at(-1)).toMatch(/ended by the switch: the caller sent no ACK/);
    } finally {
      raw.close();
    }
  });

  it("hangs everybody up when it stops", async () => {
    await start();
    await connected();
    await simulator.stop();
    expect([bye(caller).length, bye(called).length]).toEqual([1, 1]);
  });
});

/** The bytes of a call to 1003. */
function invitation(contact: string): string {
  const { address, port } = simulator.primary;
  const place = contact.slice(contact.indexOf("@") + 1);
  return (
    `INVITE sip:1003@${address}:${port} SIP/2.0\r\nVia: SIP/2.0/UDP ${place};branch=z9hG4bKraw\r\n` +
    `From: <sip:1002@${address}>;tag=raw\r\nTo: <sip:1003@${address}>\r\nCall-ID: raw\r\nCSeq: 1 INVITE\r\n` +
    `Contact: <${contact}>\r\nContent-Type: application/sdp\r\nContent-Length: ${OFFER.length}\r\n\r\n${OFFER}`
  );
}
