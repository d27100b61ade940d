import type { IncomingRequest, SipResponse } from "../../../../lib/sip";
import { newRequest, outcomeOf, twoAgents } from "../support/agents";
import { lossy } from "../support/memory-network";
import { lines, request } from "../support/messages";

const status = (response: SipResponse) => response.status;

describe("a request and its answer", () => {
  it("carries an own Via with rport, and is answered to its source (8.1.1.7, 18.2.2)", async () => {
    const { clock, network, near, flow } = twoAgents((incoming) => incoming.respond(200));
    const outcome = outcomeOf(near.send(newRequest("OPTIONS"), { flow }), status);
    await clock.run(10);
    expect(outcome.value).toBe(200);
    expect(network.log[0]).toMatch(
      /\r\nVia: SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bK[0-9a-f]{24};rport\r\n/,
    );
    expect(network.log[1]).toContain(";rport=5060;received=192.0.2.1\r\n");
  });

  it("is answered to the port of its Via where that has no rport (18.2.2)", () => {
    const { farTransport, nearTransport } = twoAgents((incoming) => incoming.respond(200));
    const send = jest.spyOn(farTransport, "send");
    const text = request("OPTIONS").toString().replace("192.0.2.1:5060;", "192.0.2.1:5070;");
    farTransport.arrive(Buffer.from(text), nearTransport.local);
    expect(send.mock.calls[0]?.[1].remote).toEqual({ address: "192.0.2.1", port: 5_070 });
  });

  it("survives the loss of every other message: one request is seen, and one answer", async () => {
    const seen: string[] = [];
    const { clock, network, near, flow } = twoAgents((incoming) => {
      seen.push(incoming.request.method);
      incoming.respond(200);
    });
    network.fate = lossy(50);
    const outcomes = ["OPTIONS", "INFO"].map((method) =>
      outcomeOf(near.send(newRequest(method), { flow }), status),
    );
    await clock.run(40_000);
    expect([seen.sort(), outcomes.map(({ value }) => value)]).toEqual([
      ["INFO", "OPTIONS"],
      [200, 200],
    ]);
  });

  it("survives duplicates and reordering", async () => {
    const seen: string[] = [];
    const { clock, network, near, flow } = twoAgents((incoming) => {
      seen.push(incoming.request.method);
      incoming.respond(200);
    });
    network.fate = (index) => ({ delays: [700 - (index % 3) * 300, 900, 20] });
    const outcomes = ["OPTIONS", "INFO"].map((method) =>
      outcomeOf(near.send(newRequest(method), { flow }), status),
    );
    await clock.run(40_000);
    expect([seen.sort(), outcomes.map(({ value }) => value)]).toEqual([
      ["INFO", "OPTIONS"],
      [200, 200],
    ]);
  });

  it("ends with timeout at its deadline, and stops being sent again", async () => {
    const { clock, network, near, flow } = twoAgents(() => undefined);
    const outcome = outcomeOf(near.send(newRequest("OPTIONS"), { flow, deadline: 1_000 }), status);
    await clock.run(1_000);
    expect(outcome.value).toBe("timeout");
    network.take();
    await clock.run(40_000);
    expect(network.take()).toEqual([]);
  });

  it("ends with timeout after 64*T1 without a deadline, never with a 408 (RFC 4320, rule 25)", async () => {
    const { clock, network, near, flow } = twoAgents(() => undefined);
    network.fate = () => "drop";
    const outcome = outcomeOf(near.send(newRequest("OPTIONS"), { flow }), status);
    await clock.run(31_999);
    expect(outcome.value).toBe("pending");
    await clock.run(1);
    expect(outcome.value).toBe("timeout");
  });

  it("can be aborted, also beforehand", async () => {
    const { clock, near, flow } = twoAgents(() => undefined);
    const controller = new AbortController();
    const outcome = outcomeOf(near.send(newRequest("OPTIONS"), { flow, signal: controller.signal }), status);
    controller.abort();
    const late = outcomeOf(near.send(newRequest("OPTIONS"), { flow, signal: controller.signal }), status);
    await clock.run(0);
    expect([outcome.value, late.value]).toEqual(["aborted", "aborted"]);
  });

  it("ends with transport when its connection is lost", async () => {
    const { clock, near, flow, nearTransport } = twoAgents(() => undefined, { protocol: "TCP" });
    const outcome = outcomeOf(near.send(newRequest("OPTIONS"), { flow }), status);
    nearTransport.emit("flowClosed", flow, new Error("ECONNRESET"));
    await clock.run(0);
    expect(outcome.value).toBe("transport");
  });

  it("ends with closed when the agent is closed, which leaves no timer behind", async () => {
    const { clock, near, far, flow } = twoAgents(() => undefined);
    const outcome = outcomeOf(near.send(newRequest("OPTIONS"), { flow }), status);
    const call = outcomeOf(near.invite(newRequest("INVITE"), { flow }).final, () => "answered");
    await clock.run(10);
    near.close();
    far.close();
    await clock.run(0);
    expect([outcome.value, call.value, clock.pending]).toEqual(["closed", "closed", 0]);
  });
});

describe("what the agent handles itself", () => {
  function deliver(text: string) {
    const seen: string[] = [];
    const dropped: string[] = [];
    const agents = twoAgents((incoming) => seen.push(incoming.request.method), {
      far: { onDropped: (why) => dropped.push(why) },
    });
    agents.farTransport.arrive(Buffer.from(text, "latin1"), agents.nearTransport.local);
    return { ...agents, seen, dropped };
  }

  const rows = (...extra: string[]) => [
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx",
    "From: <sip:a@x>;tag=1",
    "To: <sip:b@x>",
    "Call-ID: c",
    ...extra,
  ];

  it.each([
    [
      "a malformed request line",
      lines("OPTIONS  sip:b@x SIP/2.0", ...rows("CSeq: 1 OPTIONS")),
      "SIP/2.0 400 Bad Request",
    ],
    [
      "another version",
      lines("OPTIONS sip:b@x SIP/3.0", ...rows("CSeq: 1 OPTIONS")),
      "SIP/2.0 505 Version Not Supported",
    ],
    [
      "a CSeq that does not fit",
      lines("OPTIONS sip:b@x SIP/2.0", ...rows("CSeq: 1 INFO")),
      "SIP/2.0 400 Bad Request",
    ],
  ])("answers %s", (_what, text, first) => {
    const { network, seen } = deliver(text);
    expect([network.take(), seen]).toEqual([[first], []]);
  });

  it.each([
    ["a broken ACK", lines("ACK  sip:b@x SIP/2.0", ...rows("CSeq: 1 ACK"))],
    ["a response that is not for us (18.1.2, rule 14)", lines("SIP/2.0 200 OK", ...rows("CSeq: 1 OPTIONS"))],
    ["a broken response", lines("SIP/2.0 200 OK", ...rows("CSeq: x"))],
    ["noise", "\x00\x01\x02"],
  ])("drops %s, and says so", (_what, text) => {
    const { network, seen, dropped } = deliver(text);
    expect([network.take(), seen, dropped.length]).toEqual([[], [], 1]);
  });

  it("answers a request of an unknown dialog with 481 (12.2.2)", () => {
    const text = lines("BYE sip:b@x SIP/2.0", ...rows("CSeq: 1 BYE")).replace(
      "<sip:b@x>",
      "<sip:b@x>;tag=gone",
    );
    const { network, seen } = deliver(text);
    expect([network.take(), seen]).toEqual([["SIP/2.0 481 Call/Transaction Does Not Exist"], []]);
  });

  it("answers a CANCEL of nothing with 481 (9.2)", () => {
    const { network } = deliver(lines("CANCEL sip:b@x SIP/2.0", ...rows("CSeq: 1 CANCEL")));
    expect(network.take()).toEqual(["SIP/2.0 481 Call/Transaction Does Not Exist"]);
  });

  it("answers 501 without a handler, and 500 before a handler's error goes up", () => {
    const without = twoAgents(() => undefined, { far: { onRequest: undefined } });
    const text = Buffer.from(lines("OPTIONS sip:b@x SIP/2.0", ...rows("CSeq: 1 OPTIONS")));
    without.farTransport.arrive(text, without.nearTransport.local);
    expect(without.network.take()).toEqual(["SIP/2.0 501 Not Implemented"]);
    const failing = twoAgents(() => {
      throw new Error("bug");
    });
    expect(() => failing.farTransport.arrive(text, failing.nearTransport.local)).toThrow("bug");
    expect(failing.network.take()).toEqual(["SIP/2.0 500 Server Internal Error"]);
  });

  it("answers INVITEs above its bound of dialogs with 503", async () => {
    const accept = (incoming: IncomingRequest) => void incoming.accept({ contact: "sip:b@192.0.2.2" });
    const { clock, near, far, flow } = twoAgents(accept, { far: { maxDialogs: 1 } });
    const calls = [1, 2].map(() =>
      outcomeOf(near.invite(newRequest("INVITE"), { flow }).final, (o) => o.response.status),
    );
    await clock.run(100);
    expect([calls.map(({ value }) => value), far.dialogCount]).toEqual([[200, 503], 1]);
  });
});
