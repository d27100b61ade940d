import type { Call } from "../../../../assets/call-control/src/calls/call";
import type { CallEngine } from "../../../../assets/call-control/src/calls/engine";
import { config, World } from "../support/world";

let world: World;

beforeEach(() => {
  world = new World();
});

async function talking(): Promise<Call> {
  await world.engine.originate({ agent: "1001", to: "1002" });
  await world.settle();
  world.asterisk.answer(world.channel("PJSIP/1001"));
  await world.settle();
  world.asterisk.answer(world.channel("PJSIP/1002"));
  await world.settle();
  return world.last as Call;
}

/** A new process, which knows what the call log has. */
function restarted(open?: readonly Call[]): CallEngine {
  const engine = world.restart(open);
  world.changes.length = 0;
  return engine;
}

describe("a loss of the connection", () => {
  it("ends what ended meanwhile, and clears the rest of it away", async () => {
    await talking();
    world.asterisk.lose();
    world.asterisk.end(world.channel("PJSIP/1002"));
    await world.settle();
    expect(world.engine.live()).toHaveLength(1);
    world.asterisk.ready();
    await world.settle();
    expect(world.last).toMatchObject({ status: "ended", outcome: "answered", cause: undefined });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("makes up for an answer that nobody has heard of", async () => {
    await world.engine.originate({ agent: "1001", to: "1002" });
    await world.settle();
    world.asterisk.lose();
    world.asterisk.answer(world.channel("PJSIP/1001"));
    world.asterisk.ready();
    await world.settle();
    world.asterisk.lose();
    world.asterisk.answer(world.channel("PJSIP/1002"));
    world.asterisk.ready();
    await world.settle();
    expect(world.last).toMatchObject({ status: "answered" });
    expect(world.asterisk.together(world.channel("PJSIP/1001"), world.channel("PJSIP/1002"))).toBe(true);
  });

  it("by a crash of Asterisk ends all calls, once each", async () => {
    await talking();
    await world.engine.originate({ agent: "1003", to: "1004" });
    await world.settle();
    world.asterisk.crash();
    world.asterisk.ready({ restarted: true });
    await world.settle();
    expect(world.story.filter((what) => what === "ended")).toHaveLength(2);
    expect(
      world.changes.filter(({ what }) => what === "ended").map(({ call }) => call.outcome),
    ).toStrictEqual(["answered", "lost"]);
    expect(world.engine.busy).toBe(0);
  });

  it("leaves a call that goes on alone", async () => {
    await talking();
    const before = world.asterisk.asked.length;
    world.asterisk.lose();
    world.asterisk.ready();
    await world.settle();
    expect(world.asterisk.asked.slice(before)).toStrictEqual([]);
    expect(world.story).toStrictEqual(["started", "ringing", "answered"]);
  });

  it("takes a call that came in meanwhile", async () => {
    world.asterisk.lose();
    world.asterisk.comeIn(["internal", "1002"]);
    world.asterisk.ready();
    await world.settle();
    expect(world.last).toMatchObject({ from: "1001", to: "1002", status: "ringing" });
  });
});

describe("a restart of the service", () => {
  it("ends no call by what it could not do any more", async () => {
    const call = await talking();
    await world.engine.hold(call.id);
    world.asterisk.fault = () => "before";
    const resuming = world.engine.resume(call.id).catch(() => undefined);
    world.engine.stop();
    await world.settle(30_000);
    await resuming;
    expect(world.story).not.toContain("ended");
  });

  it("takes up a call that goes on, and follows it to its end", async () => {
    const call = await talking();
    const engine = restarted();
    await world.settle(60_000);
    world.asterisk.ready();
    await world.settle();
    expect(engine.live()).toMatchObject([{ id: call.id, status: "answered", answeredAt: call.answeredAt }]);
    expect(world.asterisk.together(call.channelId, call.peerChannelId)).toBe(true);
    expect(world.story).toStrictEqual([]);
    world.asterisk.end(call.channelId);
    await world.settle();
    expect(world.last).toMatchObject({ id: call.id, outcome: "answered", cause: 16 });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("ends calls of which nothing is left", async () => {
    const call = await talking();
    restarted();
    world.asterisk.end(call.channelId);
    world.asterisk.end(call.peerChannelId ?? "");
    world.asterisk.ready();
    await world.settle();
    expect(world.last).toMatchObject({ id: call.id, status: "ended", outcome: "answered" });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("ends a call of which one party is left, and lets that one go", async () => {
    const call = await talking();
    restarted();
    world.asterisk.end(call.peerChannelId ?? "");
    world.asterisk.ready();
    await world.settle();
    expect(world.last).toMatchObject({ status: "ended", outcome: "answered" });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("carries on with a call whose agent's phone rings", async () => {
    await world.engine.originate({ agent: "1001", to: "1002" });
    await world.settle();
    restarted();
    world.asterisk.answer(world.channel("PJSIP/1001"));
    world.asterisk.ready();
    await world.settle();
    world.asterisk.answer(world.channel("PJSIP/1002"));
    await world.settle();
    expect(world.last).toMatchObject({ status: "answered", from: "1001", to: "1002" });
    expect(world.asterisk.together(world.channel("PJSIP/1001"), world.channel("PJSIP/1002"))).toBe(true);
  });

  it("carries on with a caller for whom somebody is called", async () => {
    const caller = world.asterisk.comeIn(["did", "+31201234567", "provider"], { endpoint: "trunk-provider" });
    await world.settle();
    restarted();
    world.asterisk.answer(world.channel("PJSIP/1002"));
    world.asterisk.ready();
    await world.settle();
    expect(world.last).toMatchObject({ status: "answered", agent: "1002" });
    expect(world.asterisk.together(caller, world.channel("PJSIP/1002"))).toBe(true);
  });

  it("carries on with a caller who waits in a queue", async () => {
    const caller = world.asterisk.comeIn(["did", "+31201234568", "provider"], { endpoint: "trunk-provider" });
    await world.settle();
    restarted();
    world.asterisk.answer(world.channel("PJSIP/1003"));
    world.asterisk.ready();
    await world.settle();
    expect(world.last).toMatchObject({ status: "answered", agent: "1003", to: "support" });
    expect(world.asterisk.together(caller, world.channel("PJSIP/1003"))).toBe(true);
    expect(world.asterisk.at("PJSIP/1002")).toStrictEqual([]);
  });

  it("brings a party back that was on hold", async () => {
    const call = await talking();
    await world.engine.hold(call.id);
    restarted();
    world.asterisk.ready();
    await world.settle();
    expect(world.asterisk.onHold.size).toBe(0);
    expect(world.asterisk.together(call.channelId, call.peerChannelId)).toBe(true);
  });

  it("keeps seats, and the customer who speaks with one", async () => {
    const opening = world.engine.openSeat("1001");
    await world.settle();
    world.asterisk.answer(world.channel("PJSIP/1001"));
    const seat = await opening;
    const callId = "9d6f4a10-3f51-4d3c-8f6a-2b1e5d7c9a33";
    await world.engine.dial({
      ...{ to: "+31612345678", campaignId: callId, queueEntryId: "1", callId, channelId: "campaign-1" },
      ringSeconds: 20,
    });
    await world.settle();
    world.asterisk.answer("campaign-1");
    await world.settle();
    await world.engine.connect(callId, seat.id);
    await world.settle();
    const engine = restarted();
    world.asterisk.ready();
    await world.settle();
    expect(engine.seats()).toStrictEqual([seat]);
    expect(engine.live()).toMatchObject([{ id: callId, agent: "1001" }]);
    world.asterisk.end("campaign-1");
    await world.settle();
    expect(world.leftovers).toStrictEqual([seat.channelId]);
  });

  it("follows what Genesys carries", async () => {
    world = new World({ config: config({ internalCalls: "genesys" }) });
    const caller = world.asterisk.comeIn(["internal", "1002"]);
    await world.settle();
    restarted();
    world.asterisk.answer(caller);
    world.asterisk.ready();
    await world.settle();
    expect(world.last).toMatchObject({ status: "answered" });
    world.asterisk.end(caller);
    await world.settle();
    expect(world.last).toMatchObject({ outcome: "answered" });
  });

  it("clears away channels and bridges of ours that no call has", async () => {
    await talking();
    restarted([]);
    world.asterisk.ready();
    await world.settle();
    expect(world.leftovers).toStrictEqual([]);
  });
});
