import { defaultTimers, ServerNonInviteTransaction, SipResponse } from "../../../../lib/sip";
import { FakeClock } from "../support/fake-clock";
import { request } from "../support/messages";
import { RecordingTransport } from "../support/recording-transport";

function setUp(reliable = false) {
  const clock = new FakeClock();
  const transport = new RecordingTransport(reliable);
  const told: string[] = [];
  const register = request("REGISTER");
  const transaction = new ServerNonInviteTransaction(
    register,
    { clock, timers: defaultTimers, transport, onTerminated: () => told.push("gone") },
    { onTimeout: () => told.push("timeout"), onTransportError: (error) => told.push(error.message) },
  );
  const respond = (status: number) => transaction.respond(SipResponse.to(register, status));
  const again = () => transaction.receive(register);
  return { clock, transport, told, transaction, respond, again };
}

describe("non-INVITE server transaction (RFC 3261 17.2.2, rule 26)", () => {
  it("in trying MUST discard retransmissions", () => {
    const { transport, again } = setUp();
    again();
    expect(transport.take()).toEqual([]);
  });

  it("in proceeding MUST answer retransmissions with the last provisional response", () => {
    const { transport, transaction, respond, again } = setUp();
    respond(100);
    again();
    expect([transaction.state, ...transport.take()]).toEqual(["proceeding", "100", "100"]);
  });

  describe("in completed", () => {
    it("MUST answer retransmissions with the final response, and take no other, for 64*T1 (timer J)", () => {
      const { clock, transport, transaction, respond, again } = setUp();
      expect(respond(200)).toBe(true);
      expect(respond(500)).toBe(false);
      clock.advance(31_999);
      again();
      expect([transaction.state, ...transport.take()]).toEqual(["completed", "200", "200"]);
      clock.advance(1);
      again();
      expect([transaction.state, ...transport.take(), clock.pending]).toEqual(["terminated", "200", 0]);
    });

    it("counts timer J from the answer, not from the request", () => {
      const { clock, told, transaction, respond } = setUp();
      clock.advance(10_000);
      respond(200);
      clock.advance(31_999);
      expect([transaction.state, told]).toEqual(["completed", []]);
    });

    it("MUST end at once on a reliable transport", () => {
      const { transaction, respond } = setUp(true);
      respond(200);
      expect(transaction.state).toBe("terminated");
    });
  });

  describe("RFC 4320, rule 25", () => {
    it.each([180, 183, 199])("MUST NOT send a provisional response but 100: %s", (status) => {
      const { respond } = setUp();
      expect(() => respond(status)).toThrow(expect.objectContaining({ code: "forbidden-response" }));
    });

    it("MUST NOT send 408", () => {
      const { respond } = setUp();
      expect(() => respond(408)).toThrow(expect.objectContaining({ code: "forbidden-response" }));
    });

    it("MUST NOT send a late answer: after 64*T1 without one the transaction is over", () => {
      const { clock, transport, told, respond } = setUp();
      clock.advance(32_000);
      expect(respond(200)).toBe(false);
      expect([...transport.take(), ...told, clock.pending]).toEqual(["gone", "timeout", 0]);
    });
  });

  it("MUST inform of a transport error and end (17.2.4)", async () => {
    const { clock, transport, told, transaction, respond } = setUp();
    transport.failure = new Error("EPIPE");
    respond(200);
    await clock.run(0);
    expect([transaction.state, ...told]).toEqual(["terminated", "gone", "EPIPE"]);
  });
});
