import { defaultTimers, ServerInviteTransaction, SipResponse } from "../../../../lib/sip";
import { FakeClock } from "../support/fake-clock";
import { request } from "../support/messages";
import { RecordingTransport } from "../support/recording-transport";

function setUp(reliable = false) {
  const clock = new FakeClock();
  const transport = new RecordingTransport(reliable);
  const told: string[] = [];
  const invite = request("INVITE");
  const transaction = new ServerInviteTransaction(
    invite,
    { clock, timers: defaultTimers, transport, onTerminated: () => told.push("gone") },
    {
      onTimeout: () => told.push("timeout"),
      onTransportError: (error) => told.push(error.message),
      onAck: () => told.push("ACK"),
    },
  );
  const respond = (status: number) => transaction.respond(SipResponse.to(invite, status, { toTag: "b" }));
  const again = () => transaction.receive(invite);
  const ack = () => transaction.receive(request("ACK"));
  return { clock, transport, told, transaction, respond, again, ack };
}

describe("INVITE server transaction (RFC 3261 17.2.1, RFC 6026, rule 26)", () => {
  describe("in proceeding", () => {
    it("MUST send 100 when there is no answer within 200 ms", () => {
      const { clock, transport } = setUp();
      clock.advance(199);
      expect(transport.take()).toEqual([]);
      clock.advance(1);
      expect(transport.take()).toEqual(["100"]);
    });

    it("sends no 100 after an answer", () => {
      const { clock, transport, respond } = setUp();
      respond(180);
      clock.advance(1_000);
      expect(transport.take()).toEqual(["180"]);
    });

    it("MUST answer retransmissions with the last provisional response", () => {
      const { transport, respond, again } = setUp();
      respond(180);
      respond(183);
      again();
      expect(transport.take()).toEqual(["180", "183", "183"]);
    });
  });

  describe("in completed", () => {
    it("MUST send the response again at T1, doubling up to T2 (timer G), until timer H at 64*T1 tells of the missing ACK", () => {
      const { clock, transport, told, respond } = setUp();
      respond(486);
      const at: number[] = [];
      const start = clock.now();
      for (let ms = 0; ms < 32_000; ms++) {
        for (const _ of transport.take()) at.push(clock.now() - start);
        clock.advance(1);
      }
      expect(at).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
      expect(told).toEqual(["gone", "timeout"]);
    });

    it("MUST NOT send it again by itself on a reliable transport, but answer a retransmitted INVITE", () => {
      const { clock, transport, respond, again } = setUp(true);
      respond(486);
      clock.advance(31_000);
      expect(transport.take()).toEqual(["486"]);
      again();
      expect(transport.take()).toEqual(["486"]);
    });

    it("takes no other response", () => {
      const { transport, respond } = setUp();
      respond(486);
      expect([respond(200), respond(180)]).toEqual([false, false]);
      expect(transport.take()).toEqual(["486"]);
    });
  });

  describe("in confirmed", () => {
    it("MUST absorb more ACKs and INVITEs for T4 (timer I)", () => {
      const { clock, transport, told, transaction, respond, again, ack } = setUp();
      respond(486);
      ack();
      transport.take();
      ack();
      again();
      clock.advance(4_999);
      expect([transaction.state, ...told, ...transport.take()]).toEqual(["confirmed", "ACK"]);
      clock.advance(1);
      expect([transaction.state, clock.pending]).toEqual(["terminated", 0]);
    });

    it("MUST end at once on a reliable transport", () => {
      const { transaction, respond, ack } = setUp(true);
      respond(486);
      ack();
      expect(transaction.state).toBe("terminated");
    });
  });

  describe("in accepted (RFC 6026 8.2, 8.7)", () => {
    it("MUST absorb retransmitted INVITEs, send a 2xx again for its user only, and end after 64*T1 (timer L)", () => {
      const { clock, transport, transaction, respond, again } = setUp();
      respond(200);
      again();
      clock.advance(31_999);
      expect([transaction.state, ...transport.take()]).toEqual(["accepted", "200"]);
      expect([respond(200), respond(486)]).toEqual([true, false]);
      expect(transport.take()).toEqual(["200"]);
      clock.advance(1);
      expect([transaction.state, clock.pending]).toEqual(["terminated", 0]);
    });

    it("MUST pass an ACK up and stay", () => {
      const { told, transaction, respond, ack } = setUp();
      respond(200);
      ack();
      expect([transaction.state, ...told]).toEqual(["accepted", "ACK"]);
    });

    it("MUST inform of a transport error and stay (RFC 6026 8.8)", async () => {
      const { clock, transport, told, transaction, respond } = setUp();
      transport.failure = new Error("EPIPE");
      respond(200);
      await clock.run(0);
      expect([transaction.state, ...told]).toEqual(["accepted", "EPIPE"]);
    });
  });

  it("MUST inform of a transport error and end in the other states (17.2.4)", async () => {
    const { clock, transport, told, transaction, respond } = setUp();
    transport.failure = new Error("EPIPE");
    respond(486);
    await clock.run(0);
    expect([transaction.state, ...told]).toEqual(["terminated", "gone", "EPIPE"]);
  });
});
