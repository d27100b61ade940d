import { World } from "../support/world";

let world: World;
let id: string;
let customer: string;
let agent: string;

/** A customer who has called 1002, and speaks with that one. */
beforeEach(async () => {
  world = new World();
  customer = world.asterisk.comeIn(["did", "+31201234567", "provider"], {
    endpoint: "trunk-provider",
    caller: "+31612345678",
  });
  await world.settle();
  agent = world.channel("PJSIP/1002");
  world.asterisk.answer(agent);
  await world.settle();
  id = world.last?.id ?? "";
  world.changes.length = 0;
});

async function consulting(): Promise<string> {
  await world.engine.transfer(id, "1003", "attended");
  await world.settle();
  return world.channel("PJSIP/1003");
}

describe("a blind transfer", () => {
  it("lets the agent go at once, and joins the other party with the destination", async () => {
    await world.engine.transfer(id, "1003", "blind");
    await world.settle();
    expect(world.asterisk.at("PJSIP/1002")).toStrictEqual([]);
    expect(world.last).toMatchObject({ from: "+31612345678", to: "1003", agent: "1003", status: "answered" });
    expect(world.asterisk.requests("channels.ring")).toContain(customer);
    const destination = world.channel("PJSIP/1003");
    world.asterisk.answer(destination);
    await world.settle();
    expect(world.asterisk.together(customer, destination)).toBe(true);
    expect(world.story).toStrictEqual(["transferred"]);
    world.asterisk.end(destination);
    await world.settle();
    expect(world.last).toMatchObject({ outcome: "answered", cause: 16 });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("to somebody who is busy ends the call with that cause", async () => {
    world.asterisk.farEnds.set("PJSIP/1003", "busy");
    await world.engine.transfer(agent, "1003", "blind");
    await world.settle();
    expect(world.last).toMatchObject({ status: "ended", outcome: "answered", to: "1003", cause: 17 });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("to a number outside goes by its trunk", async () => {
    await world.engine.transfer(id, "0201112222", "blind");
    await world.settle();
    expect(world.last).toMatchObject({ to: "+31201112222", agent: "1002" });
    expect(world.asterisk.at("PJSIP/+31201112222%trunk-provider")).toHaveLength(1);
  });

  it("is refused to what may not be called, and to who is in the call already", async () => {
    await expect(world.engine.transfer(id, "+882123456", "blind")).rejects.toMatchObject({
      code: "NUMBER_FORBIDDEN",
    });
    await expect(world.engine.transfer(id, "1002", "blind")).rejects.toMatchObject({
      code: "NUMBER_INVALID",
    });
    expect(world.asterisk.together(customer, agent)).toBe(true);
  });
});

describe("an attended transfer", () => {
  it("has the agent speak with the destination while the other party hears music", async () => {
    const asked = await consulting();
    expect(world.last).toMatchObject({ consulting: "1003", to: "1002" });
    expect([...world.asterisk.onHold]).toStrictEqual([customer]);
    expect(world.asterisk.together(customer, agent)).toBe(false);
    world.asterisk.answer(asked);
    await world.settle();
    expect(world.asterisk.together(agent, asked)).toBe(true);
  });

  it("that is completed joins the two, and lets the agent go", async () => {
    const asked = await consulting();
    await expect(world.engine.completeTransfer(id)).rejects.toMatchObject({ code: "CALL_STATE" });
    world.asterisk.answer(asked);
    await world.settle();
    await world.engine.completeTransfer(id);
    await world.settle();
    expect(world.asterisk.together(customer, asked)).toBe(true);
    expect(world.asterisk.onHold.size).toBe(0);
    expect(world.asterisk.at("PJSIP/1002")).toStrictEqual([]);
    expect(world.last).toMatchObject({
      to: "1003",
      agent: "1003",
      peerChannelId: asked,
      consulting: undefined,
    });
    world.asterisk.end(customer);
    await world.settle();
    expect(world.leftovers).toStrictEqual([]);
    expect(world.story).toStrictEqual(["consulting", "transferred", "ended"]);
  });

  it("is completed by an agent who hangs up while the destination listens", async () => {
    const asked = await consulting();
    world.asterisk.answer(asked);
    await world.settle();
    world.asterisk.end(agent);
    await world.settle();
    expect(world.asterisk.together(customer, asked)).toBe(true);
    expect(world.story).toStrictEqual(["consulting", "transferred"]);
  });

  it.each([
    ["cancelled", () => world.engine.cancelTransfer(id)],
    ["hung up by who was asked", async (asked: string) => world.asterisk.end(asked)],
  ])("that is %s brings the other party back", async (_how, back) => {
    const asked = await consulting();
    world.asterisk.answer(asked);
    await world.settle();
    await back(asked);
    await world.settle();
    expect(world.asterisk.together(customer, agent)).toBe(true);
    expect(world.asterisk.onHold.size).toBe(0);
    expect(world.asterisk.at("PJSIP/1003")).toStrictEqual([]);
    expect(world.story).toStrictEqual(["consulting", "consultation_ended"]);
  });

  it("whose destination is not there brings the other party back", async () => {
    world.asterisk.farEnds.set("PJSIP/1003", "nobody");
    await world.engine.transfer(id, "1003", "attended");
    await world.settle();
    expect(world.asterisk.together(customer, agent)).toBe(true);
    expect(world.story).toStrictEqual(["consulting", "consultation_ended"]);
  });

  it("ends with the other party when that one hangs up", async () => {
    await consulting();
    world.asterisk.end(customer);
    await world.settle();
    expect(world.last).toMatchObject({ outcome: "answered" });
    expect(world.leftovers).toStrictEqual([]);
  });
});

describe("hold, and tones", () => {
  it("gives the other party music, and brings it back", async () => {
    expect(await world.engine.hold(id)).toMatchObject({ onHold: true });
    await world.settle();
    expect([...world.asterisk.onHold]).toStrictEqual([customer]);
    expect(world.asterisk.together(customer, agent)).toBe(false);
    await expect(world.engine.hold(id)).rejects.toMatchObject({ code: "CALL_STATE" });
    expect(await world.engine.resume(id)).toMatchObject({ onHold: false });
    expect(world.asterisk.together(customer, agent)).toBe(true);
    await expect(world.engine.resume(id)).rejects.toMatchObject({ code: "CALL_STATE" });
    expect(world.story).toStrictEqual(["held", "resumed"]);
  });

  it("can be followed by a transfer of who is held", async () => {
    await world.engine.hold(id);
    await world.engine.transfer(id, "1003", "blind");
    await world.settle();
    expect(world.asterisk.onHold.size).toBe(0);
    expect(world.last).toMatchObject({ onHold: false, to: "1003" });
  });

  it("sends tones to the other party", async () => {
    await world.engine.sendDtmf(id, "12#");
    expect(world.asterisk.requests("channels.sendDtmf 12#")).toStrictEqual([customer]);
    await expect(world.engine.sendDtmf(id, "x")).rejects.toMatchObject({
      code: "NUMBER_INVALID",
    });
  });
});

describe("a transfer by the phone itself (REFER)", () => {
  it("is as one that was asked for: what Asterisk has put in the phone's place goes", async () => {
    world.asterisk.refer(agent, "1003");
    await world.settle();
    world.asterisk.answer(world.channel("PJSIP/1003"));
    await world.settle();
    expect(world.asterisk.together(customer, world.channel("PJSIP/1003"))).toBe(true);
    expect(world.asterisk.at("PJSIP/1002")).toStrictEqual([]);
    expect(world.last).toMatchObject({ id, to: "1003", agent: "1003" });
    expect(world.engine.live()).toHaveLength(1);
    await world.engine.hangup(id);
    await world.settle();
    expect(world.leftovers).toStrictEqual([]);
  });

  it("to what may not be called ends the call, and says why", async () => {
    world.asterisk.refer(agent, "00882123456");
    await world.settle();
    expect(world.last).toMatchObject({ status: "ended", outcome: "answered" });
    expect(world.last?.causeText).toContain("+882123456 may not be called");
    expect(world.leftovers).toStrictEqual([]);
  });
});
