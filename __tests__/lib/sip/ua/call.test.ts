import type { IncomingRequest, SipRequest } from "../../../../lib/sip";
import { newRequest, outcomeOf, twoAgents } from "../support/agents";
import { lossy } from "../support/memory-network";

const CONTACT = "sip:1003@192.0.2.2";
const RINGING = { headers: [["Contact", `<${CONTACT}>`]] as const };
const brief = (ack: SipRequest) => ack.get("CSeq");

/** A callee that leaves the answer to the test. */
function setUp(protocol: "UDP" | "TCP" = "UDP") {
  const incoming: IncomingRequest[] = [];
  const agents = twoAgents((request) => incoming.push(request), { protocol });
  const call = agents.near.invite(newRequest("INVITE"), { flow: agents.flow });
  const final = outcomeOf(call.final, ({ response, dialog }) => [response.status, dialog?.state]);
  const invited = async (): Promise<IncomingRequest> => {
    await agents.clock.run(10);
    const first = incoming[0];
    if (first === undefined) throw new Error("no INVITE came");
    return first;
  };
  return { ...agents, incoming, call, final, invited };
}

describe("a call (RFC 3261 13)", () => {
  it("rings, is answered and acknowledged, and ends with BYE", async () => {
    const { clock, near, far, call, final, invited, incoming } = setUp();
    const invite = await invited();
    invite.respond(180, RINGING);
    await clock.run(10);
    expect([call.earlyDialog?.state, invite.dialog?.state, final.value]).toEqual([
      "early",
      "early",
      "pending",
    ]);
    const ack = outcomeOf(invite.accept({ contact: CONTACT, body: "v=0\r\n" }), brief);
    await clock.run(10);
    expect([final.value, ack.value, invite.dialog?.state]).toEqual([
      [200, "confirmed"],
      "1 ACK",
      "confirmed",
    ]);
    const { dialog } = await call.final;
    if (dialog === undefined) throw new Error("no dialog");
    const bye = outcomeOf(near.sendInDialog(dialog, "BYE"), (response) => response.status);
    await clock.run(10);
    expect(incoming[1]?.dialog).toBe(invite.dialog);
    incoming[1]?.respond(200);
    await clock.run(10);
    expect([bye.value, near.dialogCount, far.dialogCount, dialog.state]).toEqual([200, 0, 0, "terminated"]);
    await expect(near.sendInDialog(dialog, "INFO")).rejects.toMatchObject({ code: "no-dialog" });
  });

  it("carries NOTIFY in the early dialog, towards the caller and the callee", async () => {
    const { clock, near, far, call, invited, incoming, toNear } = setUp();
    const invite = await invited();
    invite.respond(180, RINGING);
    await clock.run(10);
    if (invite.dialog === undefined || call.earlyDialog === undefined) throw new Error("no early dialog");
    const talk = { headers: [["Event", "talk"]] as const };
    const toCaller = outcomeOf(
      far.sendInDialog(invite.dialog, "NOTIFY", talk),
      (response) => response.status,
    );
    const toCallee = outcomeOf(
      near.sendInDialog(call.earlyDialog, "NOTIFY", talk),
      (response) => response.status,
    );
    await clock.run(10);
    incoming[1]?.respond(489);
    await clock.run(10);
    expect([toCaller.value, toCallee.value]).toEqual([200, 489]);
    expect(toNear[0]?.dialog).toBe(call.earlyDialog);
    expect(incoming[1]?.request.get("o")).toBe("talk");
  });

  it.each(["UDP", "TCP"] as const)(
    "MUST send the 2xx again until the ACK comes (13.3.1.4), over %s too",
    async (protocol) => {
      const { clock, network, invited, final } = setUp(protocol);
      const invite = await invited();
      network.fate = (_, text) => (text.startsWith("ACK") ? "drop" : { delays: [1] });
      const ack = outcomeOf(invite.accept({ contact: CONTACT }), brief);
      await clock.run(1_400);
      const sent = network.take().filter((line) => line.includes("200 OK") || line.startsWith("ACK"));
      // 0 and 500 ms; each was acknowledged again (13.2.2.4).
      expect(sent.filter((line) => line.includes("200"))).toHaveLength(2);
      expect(sent.filter((line) => line.startsWith("ACK"))).toHaveLength(2);
      expect([final.value, ack.value]).toEqual([[200, "confirmed"], "pending"]);
      network.fate = () => ({ delays: [1] });
      await clock.run(200);
      expect(ack.value).toBe("1 ACK");
      network.take();
      await clock.run(20_000);
      expect(network.take()).toEqual([]);
    },
  );

  it("tells of an ACK that never came", async () => {
    const { clock, network, invited } = setUp();
    const invite = await invited();
    network.fate = (_, text) => (text.startsWith("ACK") ? "drop" : { delays: [1] });
    const ack = outcomeOf(invite.accept({ contact: CONTACT }), brief);
    await clock.run(32_000);
    expect(ack.value).toBe("no-ack");
  });

  it("ends with what the callee refuses it with, and leaves no dialog", async () => {
    const { clock, near, far, final, invited } = setUp();
    const invite = await invited();
    invite.respond(180, RINGING);
    invite.respond(404, { reason: "Invalid Called DN" });
    await clock.run(100);
    expect([final.value, near.dialogCount, far.dialogCount]).toEqual([[404, undefined], 0, 0]);
    expect(invite.isPending).toBe(false);
    await expect(invite.accept({ contact: CONTACT })).rejects.toMatchObject({ code: "not-pending" });
  });

  it("a 2xx to INVITE goes through accept", async () => {
    const invite = await setUp().invited();
    expect(() => invite.respond(200)).toThrow(expect.objectContaining({ code: "use-accept" }));
  });

  it("survives the loss of every other message", async () => {
    const { clock, network, final, invited } = setUp();
    network.fate = lossy(50);
    await clock.run(4_000);
    const invite = await invited();
    const ack = outcomeOf(invite.accept({ contact: CONTACT }), brief);
    await clock.run(30_000);
    expect([final.value, ack.value]).toEqual([[200, "confirmed"], "1 ACK"]);
  });
});

describe("CANCEL (RFC 3261 9)", () => {
  it("waits for a provisional response, is answered 200, and ends the INVITE with 487", async () => {
    const { clock, network, near, far, call, final, invited } = setUp();
    call.cancel();
    const invite = await invited();
    let cancelled = 0;
    invite.onCancel = () => cancelled++;
    expect(network.take()).toEqual(["INVITE sip:1003@192.0.2.2 SIP/2.0"]);
    invite.respond(180, RINGING);
    await clock.run(10);
    expect(network.take().map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "SIP/2.0 180",
      "CANCEL sip:1003@192.0.2.2",
      "SIP/2.0 200",
      "SIP/2.0 487",
      "ACK sip:1003@192.0.2.2",
    ]);
    expect([final.value, cancelled, near.dialogCount, far.dialogCount]).toEqual([[487, undefined], 1, 0, 0]);
  });

  it("that comes after the answer changes nothing: the dialog is up", async () => {
    const { clock, final, call, invited } = setUp();
    const invite = await invited();
    void invite.accept({ contact: CONTACT });
    await clock.run(10);
    call.cancel();
    invite.cancel();
    await clock.run(1_000);
    expect([final.value, invite.dialog?.state]).toEqual([[200, "confirmed"], "confirmed"]);
  });

  it("is sent at the deadline; a callee that answers nothing to it ends in a timeout", async () => {
    const { clock, network, near, invited, flow } = setUp();
    const invite = await invited();
    invite.respond(180);
    const late = near.invite(newRequest("INVITE"), { flow, deadline: 5_000 });
    const final = outcomeOf(late.final, () => "answered");
    await clock.run(4_999);
    network.take();
    network.fate = () => "drop";
    await clock.run(1);
    expect(network.take()).toEqual(["CANCEL sip:1003@192.0.2.2 SIP/2.0"]);
    await clock.run(32_000);
    expect(final.value).toBe("timeout");
  });
});

it("an INVITE without any answer ends with timeout at timer B", async () => {
  const { clock, network, final } = setUp();
  network.fate = () => "drop";
  await clock.run(32_001);
  expect(final.value).toBe("timeout");
});

it("a second 2xx of a forked INVITE is acknowledged and ended (13.2.2.4)", async () => {
  const { clock, network, near, invited, final, nearTransport, farTransport } = setUp();
  const invite = await invited();
  void invite.accept({ contact: CONTACT });
  await clock.run(10);
  const other = network.log
    .find((text) => text.startsWith("SIP/2.0 200"))
    ?.replace(/(\r\nTo: [^\r]*;tag=)\w+/, "$1fork");
  network.take();
  nearTransport.arrive(Buffer.from(other ?? ""), farTransport.local);
  await clock.run(0);
  expect(network.take().map((line) => line.split(" ")[0])).toEqual(["ACK", "BYE"]);
  expect([final.value, near.dialogCount]).toEqual([[200, "confirmed"], 1]);
});
