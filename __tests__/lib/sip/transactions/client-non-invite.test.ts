import { ClientNonInviteTransaction, defaultTimers, SipResponse } from "../../../../lib/sip";
import { FakeClock } from "../support/fake-clock";
import { names, request } from "../support/messages";
import { RecordingTransport } from "../support/recording-transport";

function setUp(reliable = false) {
  const clock = new FakeClock();
  const transport = new RecordingTransport(reliable);
  const told: string[] = [];
  let gone = 0;
  const options = request("OPTIONS");
  const transaction = new ClientNonInviteTransaction(
    options,
    { clock, timers: defaultTimers, transport, onTerminated: () => gone++ },
    {
      onResponse: (response) => told.push(...names([response])),
      onTimeout: () => told.push("timeout"),
      onTransportError: (error) => told.push(error.message),
    },
  );
  transaction.start();
  const answer = (status: number) => transaction.receive(SipResponse.to(options, status));
  return { clock, transport, told, transaction, answer, gone: () => gone };
}

describe("non-INVITE client transaction (RFC 3261 17.1.2, rule 26)", () => {
  describe("in trying", () => {
    it("MUST send again at T1, doubling up to T2 (timer E)", () => {
      const { clock, transport } = setUp();
      const at: number[] = [];
      const start = clock.now();
      for (let ms = 0; ms < 31_999; ms++) {
        for (const _ of transport.take()) at.push(clock.now() - start);
        clock.advance(1);
      }
      expect(at).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    });

    it("MUST NOT send again on a reliable transport", () => {
      const { clock, transport } = setUp(true);
      clock.advance(31_999);
      expect(transport.take()).toEqual(["OPTIONS"]);
    });

    it.each([false, true])("MUST inform of a timeout after 64*T1 (timer F), reliable: %s", (reliable) => {
      const { clock, transaction, told, gone } = setUp(reliable);
      clock.advance(31_999);
      expect([transaction.state, ...told]).toEqual(["trying"]);
      clock.advance(1);
      expect([transaction.state, ...told]).toEqual(["terminated", "timeout"]);
      expect([gone(), clock.pending]).toEqual([1, 0]);
    });
  });

  describe("in proceeding", () => {
    it("MUST pass provisional responses up, and send again every T2", () => {
      const { clock, transport, transaction, told, answer } = setUp();
      answer(100);
      answer(100);
      expect([transaction.state, ...told]).toEqual(["proceeding", "100", "100"]);
      transport.take();
      clock.advance(500);
      expect(transport.take()).toEqual(["OPTIONS"]);
      clock.advance(3_999);
      expect(transport.take()).toEqual([]);
      clock.advance(1);
      expect(transport.take()).toEqual(["OPTIONS"]);
    });

    it("MUST time out at timer F as well", () => {
      const { clock, told, answer } = setUp();
      answer(100);
      clock.advance(32_000);
      expect(told).toEqual(["100", "timeout"]);
    });
  });

  describe("in completed", () => {
    it("MUST absorb retransmitted responses and send nothing for T4 (timer K)", () => {
      const { clock, transport, transaction, told, answer } = setUp();
      answer(200);
      transport.take();
      answer(200);
      answer(404);
      clock.advance(4_999);
      expect([transaction.state, ...told, ...transport.take()]).toEqual(["completed", "200"]);
      clock.advance(1);
      expect([transaction.state, clock.pending]).toEqual(["terminated", 0]);
    });

    it("MUST end at once on a reliable transport (timer K is 0)", () => {
      const { transaction, told, answer, gone } = setUp(true);
      answer(200);
      expect([transaction.state, gone(), ...told]).toEqual(["terminated", 1, "200"]);
    });
  });

  it("MUST inform of a transport error and end (17.1.4)", async () => {
    const { clock, transport, transaction, told, answer } = setUp();
    transport.failure = new Error("ECONNREFUSED");
    await clock.run(500);
    answer(200);
    expect([transaction.state, ...told]).toEqual(["terminated", "ECONNREFUSED"]);
  });

  it("tells and sends nothing after terminate()", () => {
    const { clock, transport, transaction, told, answer } = setUp();
    transport.take();
    transaction.terminate();
    transaction.terminate();
    answer(200);
    clock.advance(60_000);
    expect([...told, ...transport.take(), clock.pending]).toEqual([0]);
  });
});
