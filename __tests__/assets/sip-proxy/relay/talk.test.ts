import { CallMemory } from "../../../../assets/sip-proxy/src/relay/call-memory";
import type { Answer } from "../../../../assets/sip-proxy/src/relay/decision";
import { type Deliver, type Delivery, TalkDesk } from "../../../../assets/sip-proxy/src/relay/talk-desk";
import { FakeClock } from "../../../lib/sip/support/fake-clock";
import { recordingLog } from "../support/log";
import { RelayCounters } from "./counters";
import { Bench, fromAsterisk, fromGenesys, responseIn } from "./support";

const UUID = "00BC2F8E5GBL9DTB5J0Q2J9A1S00000A";

/** In the dialog of a call to 1002: to Asterisk's Contact, which names no DN. */
function notify(extra: readonly string[] = ["Event: talk"], { cseq = 2, callId = "call-1" } = {}): string {
  return fromGenesys("NOTIFY", {
    uri: "sip:127.0.0.1:5060",
    to: "<sip:8005551234@192.0.2.81>;tag=b",
    cseq,
    callId,
    extra: ["Route: <sip:192.0.2.54:5070;lr>, <sip:127.0.0.4:5070;lr>", ...extra],
  });
}

const inviteTo1002 = (extra: readonly string[] = []) =>
  fromGenesys("INVITE", { to: "<sip:8005551234@192.0.2.81>", extra });

describe("what is a talk event", () => {
  it.each([
    ["Event: talk", "talk"],
    ["Event: hold", "hold"],
    ["o: Talk ;id=1", "talk"],
  ])("%s of Genesys in a dialog", (row, event) => {
    expect(new Bench().talk(notify([row]))).toMatchObject({ event });
  });

  it.each([
    ["another event", notify(["Event: refer"])],
    ["no event", notify([])],
    ["outside a dialog", notify().replace(";tag=b", "")],
    ["another method", notify().replaceAll("NOTIFY", "INFO")],
  ])("%s is none, and passes", (_what, text) => {
    expect(new Bench().forward("genesys", text).hop).toBe("UDP 127.0.0.1:5060");
  });

  it("nothing of Asterisk's is one", () => {
    const text = fromAsterisk("NOTIFY", { to: "<sip:1003@192.0.2.81>;tag=g", extra: ["Event: talk"] });
    expect(new Bench().forward("asterisk", text).hop).toBe("UDP 192.0.2.81:5060");
  });

  it("nothing is one when they are switched off", () => {
    const bench = new Bench({ talkEvents: "off" });
    bench.forward("genesys", inviteTo1002());
    expect(bench.forward("genesys", notify()).hop).toBe("UDP 127.0.0.1:5060");
    expect(bench.calls.size).toBe(0);
  });
});

describe("which DN and which call", () => {
  it("are those of the INVITE: its Request-URI is the Contact of the DN, its To is what was dialled", () => {
    const bench = new Bench();
    bench.forward("genesys", inviteTo1002([`X-Genesys-CallUUID: ${UUID}`]));
    expect(bench.talk(notify())).toMatchObject({ dn: "1002", callUuid: UUID, callId: "call-1" });
  });

  it("the caller is the DN in a call that Asterisk makes, and Genesys' answer names the call", () => {
    const bench = new Bench();
    const invite = bench.forward("asterisk", fromAsterisk("INVITE"));
    bench.respond(invite, 180, [["X-Genesys-CallUUID", UUID]]);
    expect(bench.talk(notify(["Event: hold"]))).toMatchObject({ dn: "1002", callUuid: UUID });
  });

  it("the NOTIFY's own CallUUID wins", () => {
    const bench = new Bench();
    bench.forward("genesys", inviteTo1002([`X-Genesys-CallUUID: ${UUID}`]));
    expect(bench.talk(notify(["Event: talk", "X-Genesys-CallUUID: NEWER"])).callUuid).toBe("NEWER");
  });

  it("after a restart are the NOTIFY's, as far as it names them", () => {
    expect(new Bench().talk(notify())).toMatchObject({ dn: "8005551234", callUuid: undefined });
    const named = notify().replace("NOTIFY sip:127.0.0.1:5060", "NOTIFY sip:1002@127.0.0.1:5060");
    expect(new Bench().talk(named).dn).toBe("1002");
    const nobody = notify().replace("sip:8005551234@", "sip:sales@");
    expect(new Bench().talk(nobody).dn).toBeUndefined();
  });

  it("survive a re-INVITE, and go with BYE", () => {
    const bench = new Bench();
    bench.forward("genesys", inviteTo1002());
    bench.forward("genesys", notify().replaceAll("NOTIFY", "INVITE"));
    expect(bench.talk(notify()).dn).toBe("1002");
    bench.forward("genesys", notify().replaceAll("NOTIFY", "BYE"));
    expect(bench.calls.size).toBe(0);
  });

  it("can't smuggle anything into AMI", () => {
    const bench = new Bench();
    const uuid = "X-Genesys-CallUUID: a,Content=evil";
    bench.forward("genesys", inviteTo1002([uuid]).replace("sip:1002@", "sip:1002%0d%0aAction:x@"));
    expect(bench.talk(notify(["Event: talk", uuid]))).toMatchObject({
      dn: "8005551234",
      callUuid: undefined,
    });
  });
});

describe("the memory of calls", () => {
  it("is bounded: the call seen longest ago goes first", () => {
    const calls = new CallMemory(new FakeClock(), { calls: 2, minutes: 10 });
    calls.remember("a", { dn: "1" });
    calls.remember("b", { dn: "2" });
    calls.touch("a");
    calls.remember("c", { dn: "3" });
    expect([calls.find("a")?.dn, calls.find("b")?.dn, calls.find("c")?.dn]).toEqual(["1", undefined, "3"]);
    calls.remember("x".repeat(300), { dn: "4" });
    expect(calls.size).toBe(2);
  });

  it("expires", () => {
    const clock = new FakeClock();
    const calls = new CallMemory(clock, { calls: 10, minutes: 10 });
    calls.remember("a", { dn: "1" });
    clock.advance(10 * 60_000);
    calls.touch("a");
    clock.advance(10 * 60_000);
    expect(calls.find("a")?.dn).toBe("1");
    clock.advance(1);
    expect(calls.find("a")).toBeUndefined();
    calls.touch("a");
    calls.remember("b", { dn: "2" });
    expect(calls.size).toBe(1);
  });
});

describe("Allow-Events in answers to INVITE", () => {
  const ringing = (status: number, extra: [string, string][] = [], options = {}, method = "INVITE") => {
    const bench = new Bench(options);
    const there = bench.forward("genesys", fromGenesys(method));
    return bench.respond(there, status, extra).response.values("Allow-Events");
  };

  it.each([180, 183, 200])("of Asterisk are added to %i", (status) => {
    expect(ringing(status)).toEqual(["talk", "hold"]);
  });

  it.each([100, 199, 202, 404])("are not added to %i", (status) => {
    expect(ringing(status)).toEqual([]);
  });

  it("join those that are there", () => {
    expect(ringing(180, [["Allow-Events", "presence, Talk"]])).toEqual(["presence", "Talk", "hold"]);
    expect(
      ringing(200, [
        ["u", "talk"],
        ["Allow-Events", "hold"],
      ]),
    ).toEqual(["talk", "hold"]);
  });

  it("are for nothing else", () => {
    expect(ringing(200, [], {}, "OPTIONS")).toEqual([]);
    expect(ringing(200, [], { talkEvents: "off" })).toEqual([]);
    const bench = new Bench();
    const there = bench.forward("asterisk", fromAsterisk("INVITE"));
    expect(bench.respond(there, 180).response.has("Allow-Events")).toBe(false);
  });
});

/** A desk whose deliveries end as the test says. */
class Desk {
  readonly bench = new Bench();
  readonly clock = new FakeClock();
  readonly log = recordingLog();
  readonly metrics = new RelayCounters();
  readonly answers: Answer[] = [];
  readonly deliveries: Parameters<Deliver>[] = [];
  finish: (delivery: Delivery) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  readonly desk = new TalkDesk({
    deadline: 400,
    clock: this.clock,
    log: this.log,
    metrics: this.metrics,
    deliver: (...delivery) => {
      this.deliveries.push(delivery);
      return new Promise((resolve, reject) => {
        this.finish = resolve;
        this.fail = reject;
      });
    },
  });

  constructor() {
    this.bench.forward("genesys", inviteTo1002([`X-Genesys-CallUUID: ${UUID}`]));
  }

  receive(text = notify()): void {
    this.desk.take(this.bench.talk(text), (answer) => this.answers.push(answer));
  }

  get statuses(): number[] {
    return this.answers.map(({ status }) => status);
  }
}

const DELIVERED: Delivery = { outcome: "delivered" };

describe("a talk event at the desk", () => {
  it("is answered 200 once Asterisk has taken it, not before", async () => {
    const desk = new Desk();
    desk.receive();
    await desk.clock.run(100);
    expect(desk.deliveries).toEqual([
      ["1002", "talk", { "X-Genesys-CallUUID": UUID, "X-Genesys-Call-ID": "call-1" }],
    ]);
    expect(desk.answers).toEqual([]);
    desk.finish(DELIVERED);
    await desk.clock.run(0);
    expect(desk.answers).toMatchObject([
      { status: 200, hop: { protocol: "UDP", address: { address: "192.0.2.81", port: 5060 } } },
    ]);
    const response = responseIn((desk.answers[0] as Answer).bytes);
    expect(response.cseq).toEqual({ number: 2, method: "NOTIFY" });
    expect(response.to.tag).toBe("b");
    expect(response.has("Warning")).toBe(false);
    expect(desk.log.lines).toEqual([
      {
        level: "info",
        message: "talk event delivered to DN 1002",
        fields: { dn: "1002", callId: "call-1", callUuid: UUID, event: "talk", outcome: "delivered" },
      },
    ]);
    expect(desk.metrics.get("talk.talk.delivered")).toBe(1);
  });

  it("is delivered once, and retransmissions get the same answer (17.2.2)", async () => {
    const desk = new Desk();
    desk.receive();
    desk.receive();
    await desk.clock.run(0);
    expect(desk.answers).toEqual([]);
    desk.finish(DELIVERED);
    await desk.clock.run(0);
    desk.receive();
    expect(desk.statuses).toEqual([200, 200]);
    expect(desk.answers[1]?.bytes.equals(desk.answers[0]?.bytes as Buffer)).toBe(true);
    expect(desk.deliveries).toHaveLength(1);
    expect(desk.metrics.get("talk.talk.repeated")).toBe(2);
  });

  it("with a new CSeq, or after Timer J, is another one", async () => {
    const desk = new Desk();
    desk.receive();
    desk.receive(notify(["Event: talk"], { cseq: 3 }));
    expect(desk.deliveries).toHaveLength(2);
    await desk.clock.run(32_000);
    desk.receive();
    expect(desk.deliveries).toHaveLength(3);
  });

  it("for a DN without a phone gets 480, and the log says so", async () => {
    const desk = new Desk();
    desk.receive();
    desk.finish({ outcome: "no-phone" });
    await desk.clock.run(0);
    expect(desk.statuses).toEqual([480]);
    expect(responseIn((desk.answers[0] as Answer).bytes).get("Warning")).toBe(
      '399 relay "no phone is registered for DN 1002"',
    );
    expect(desk.log.messages()).toEqual([
      "talk event for DN 1002 not delivered: no phone is registered for DN 1002",
    ]);
    expect(desk.log.lines[0]?.fields).toMatchObject({ dn: "1002", callId: "call-1", outcome: "no-phone" });
  });

  it.each([
    ["says that it can't", (desk: Desk) => desk.finish({ outcome: "unavailable", why: "AMI is away" })],
    ["fails", (desk: Desk) => desk.fail(new Error("AMI is away"))],
  ])("gets 480 when the delivery %s", async (_what, end) => {
    const desk = new Desk();
    desk.receive();
    end(desk);
    await desk.clock.run(0);
    expect(desk.statuses).toEqual([480]);
    expect(desk.log.messages()).toEqual([
      "talk event for DN 1002 not delivered: Asterisk can't be asked: AMI is away",
    ]);
    expect(desk.metrics.get("talk.talk.unavailable")).toBe(1);
  });

  it("gets 480 after the deadline, before Genesys would send it again, and only once", async () => {
    const desk = new Desk();
    desk.receive();
    await desk.clock.run(399);
    expect(desk.answers).toEqual([]);
    await desk.clock.run(1);
    expect(desk.statuses).toEqual([480]);
    desk.finish(DELIVERED);
    await desk.clock.run(0);
    expect(desk.statuses).toEqual([480]);
    expect(desk.metrics.get("talk.talk.late")).toBe(1);
  });

  it("for nobody gets 480 without a delivery", async () => {
    const desk = new Desk();
    desk.receive(notify(["Event: talk"], { callId: "other" }).replace("sip:8005551234@", "sip:sales@"));
    await desk.clock.run(0);
    expect(desk.statuses).toEqual([480]);
    expect(desk.deliveries).toEqual([]);
  });

  it("leaves a Call-ID out that would mean something to AMI", () => {
    const desk = new Desk();
    desk.receive(notify(["Event: talk"], { callId: "a,b=c" }));
    expect(desk.deliveries).toEqual([["8005551234", "talk", {}]]);
  });

  it("costs bounded memory", async () => {
    const desk = new Desk();
    for (let cseq = 1; cseq <= 2_500; cseq++) desk.receive(notify(["Event: talk"], { cseq }));
    expect(desk.clock.pending).toBeLessThanOrEqual(2_000 + 2_500); // transactions, and deadlines under way
    await desk.clock.run(400);
    expect(desk.clock.pending).toBe(2_000);
    desk.desk.stop();
    expect(desk.clock.pending).toBe(0);
  });
});
