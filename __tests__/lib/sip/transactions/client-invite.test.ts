import { ClientInviteTransaction, cancelFor, defaultTimers, SipResponse } from "../../../../lib/sip";
import { FakeClock } from "../support/fake-clock";
import { lines, names, request } from "../support/messages";
import { RecordingTransport } from "../support/recording-transport";

function setUp(reliable = false) {
  const clock = new FakeClock();
  const transport = new RecordingTransport(reliable);
  const told: string[] = [];
  const invite = request("INVITE", ["Route: <sip:p1;lr>, <sip:p2;lr>"]);
  const transaction = new ClientInviteTransaction(
    invite,
    { clock, timers: defaultTimers, transport, onTerminated: () => undefined },
    {
      onResponse: (response) => told.push(...names([response])),
      onTimeout: () => told.push("timeout"),
      onTransportError: (error) => told.push(error.message),
    },
  );
  transaction.start();
  const answer = (status: number) => transaction.receive(SipResponse.to(invite, status, { toTag: "b" }));
  return { clock, transport, told, transaction, answer, invite };
}

describe("INVITE client transaction (RFC 3261 17.1.1, RFC 6026, rule 26)", () => {
  describe("in calling", () => {
    it("MUST send again at T1, doubling (timer A), until timer B at 64*T1", () => {
      const { clock, transport, told } = setUp();
      const at: number[] = [];
      const start = clock.now();
      for (let ms = 0; ms < 32_000; ms++) {
        for (const _ of transport.take()) at.push(clock.now() - start);
        clock.advance(1);
      }
      expect(at).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
      expect(told).toEqual(["timeout"]);
    });

    it("MUST NOT send again on a reliable transport, and time out all the same", () => {
      const { clock, transport, told } = setUp(true);
      clock.advance(32_000);
      expect([...transport.take(), ...told]).toEqual(["INVITE", "timeout"]);
    });
  });

  describe("in proceeding", () => {
    it("MUST pass provisional responses up, never time out and send nothing", () => {
      const { clock, transport, told, transaction, answer } = setUp();
      answer(100);
      answer(180);
      transport.take();
      clock.advance(600_000);
      expect([transaction.state, ...told, ...transport.take()]).toEqual(["proceeding", "100", "180"]);
    });
  });

  describe("in completed", () => {
    it("MUST send an ACK of its own for 300 to 699, and again for each retransmission", () => {
      const { transport, told, transaction, answer } = setUp();
      answer(486);
      answer(486);
      answer(486);
      expect([transaction.state, ...told]).toEqual(["completed", "486"]);
      expect(transport.take()).toEqual(["INVITE", "ACK", "ACK", "ACK"]);
    });

    it("neither acknowledges nor passes up a 2xx that comes after it", () => {
      const { transport, told, answer } = setUp();
      answer(486);
      answer(200);
      answer(180);
      expect([transport.take(), told]).toEqual([["INVITE", "ACK"], ["486"]]);
    });

    it("builds that ACK as 17.1.1.3 says: Via and Route of the INVITE, To of the response", () => {
      const { transport, answer } = setUp();
      answer(404);
      expect(transport.sent[1]?.toString()).toBe(
        lines(
          "ACK sip:1003@192.0.2.2 SIP/2.0",
          "Max-Forwards: 70",
          "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtest1",
          "Route: <sip:p1;lr>",
          "Route: <sip:p2;lr>",
          'From: "Agent 1002" <sip:1002@192.0.2.1>;tag=from1',
          "To: <sip:1003@192.0.2.2>;tag=b",
          "Call-ID: call-1",
          "CSeq: 1 ACK",
          "Content-Length: 0",
        ),
      );
    });

    it("MUST stay for 32 s on UDP (timer D), and end at once on a reliable transport", () => {
      const { clock, transaction, answer } = setUp();
      answer(486);
      clock.advance(31_999);
      expect(transaction.state).toBe("completed");
      clock.advance(1);
      expect(transaction.state).toBe("terminated");
      const reliable = setUp(true);
      reliable.answer(486);
      expect([reliable.transaction.state, ...reliable.told]).toEqual(["terminated", "486"]);
    });
  });

  describe("in accepted (RFC 6026 8.4)", () => {
    it("MUST pass every 2xx up, acknowledge none, ignore others, and end after 64*T1 (timer M)", () => {
      const { clock, transport, told, transaction, answer } = setUp();
      answer(200);
      answer(200);
      answer(486);
      answer(180);
      expect([transaction.state, ...told]).toEqual(["accepted", "200", "200"]);
      expect(transport.take()).toEqual(["INVITE"]);
      clock.advance(31_999);
      expect(transaction.state).toBe("accepted");
      clock.advance(1);
      expect([transaction.state, clock.pending]).toEqual(["terminated", 0]);
    });
  });

  it("MUST inform of a transport error and end (17.1.4)", async () => {
    const { clock, transport, transaction, told } = setUp();
    transport.failure = new Error("EHOSTUNREACH");
    await clock.run(500);
    expect([transaction.state, ...told]).toEqual(["terminated", "EHOSTUNREACH"]);
  });

  it("CANCEL has the INVITE's branch, Route and CSeq number, and no To tag (9.1)", () => {
    const cancel = cancelFor(setUp().invite);
    expect([cancel.method, cancel.uri, cancel.via.branch, cancel.cseq.number, cancel.to.tag]).toEqual([
      "CANCEL",
      "sip:1003@192.0.2.2",
      "z9hG4bKtest1",
      1,
      undefined,
    ]);
    expect(cancel.values("Route")).toEqual(["<sip:p1;lr>", "<sip:p2;lr>"]);
  });
});
