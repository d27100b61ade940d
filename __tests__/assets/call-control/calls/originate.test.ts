import { World } from "../support/world";

let world: World;

beforeEach(() => {
  world = new World();
});

async function originated(to = "1002") {
  const call = await world.engine.originate({ agent: "1001", to });
  await world.settle();
  return call;
}

describe("an originated call", () => {
  it("rings the agent, whose phone shows who will be called", async () => {
    const call = await originated("020 123 45 67");
    const [id] = world.asterisk.at("PJSIP/1001");
    expect(call).toMatchObject({
      type: "outbound",
      status: "dialing",
      channelId: id,
      from: "1001",
      to: "+31201234567",
      agent: "1001",
      trunk: "provider",
    });
    expect(world.asterisk.channelsUp.get(id ?? "")?.caller).toBe("+31201234567");
    expect(world.asterisk.at("PJSIP/+31201234567%trunk-provider")).toStrictEqual([]);
  });

  it("calls the destination when the agent has answered, and joins them when that one has", async () => {
    await originated();
    world.asterisk.answer(world.channel("PJSIP/1001"));
    await world.settle();
    expect(world.last).toMatchObject({ status: "ringing", peerChannelId: world.channel("PJSIP/1002") });
    expect(world.asterisk.requests("channels.ring")).toStrictEqual([world.channel("PJSIP/1001")]);
    world.asterisk.answer(world.channel("PJSIP/1002"));
    await world.settle();
    expect(world.story).toStrictEqual(["started", "ringing", "answered"]);
    expect(world.asterisk.together(world.channel("PJSIP/1001"), world.channel("PJSIP/1002"))).toBe(true);
  });

  it("has its early media heard: the destination is in the bridge before it is called", async () => {
    await originated();
    world.asterisk.answer(world.channel("PJSIP/1001"));
    await world.settle();
    expect(world.asterisk.together(world.channel("PJSIP/1001"), world.channel("PJSIP/1002"))).toBe(true);
    const order = world.asterisk.asked.map(({ what }) => what);
    expect(order.lastIndexOf("bridges.addChannel")).toBeLessThan(order.indexOf("channels.dial"));
  });

  it.each([
    ["the agent", "PJSIP/1001"],
    ["the destination", "PJSIP/1002"],
  ])("ends for all when %s hangs up, and leaves nothing behind", async (_who, endpoint) => {
    await originated();
    world.asterisk.answer(world.channel("PJSIP/1001"));
    await world.settle();
    world.asterisk.answer(world.channel("PJSIP/1002"));
    await world.settle(5_000);
    world.asterisk.end(world.channel(endpoint));
    await world.settle();
    expect(world.last).toMatchObject({ status: "ended", outcome: "answered", cause: 16 });
    expect(world.leftovers).toStrictEqual([]);
    expect(world.engine.live()).toStrictEqual([]);
    expect((world.last?.endedAt?.getTime() ?? 0) - (world.last?.answeredAt?.getTime() ?? 0)).toBe(5_000);
  });

  it.each([
    [17, "busy"],
    [19, "no_answer"],
    [16, "no_answer"],
    [21, "rejected"],
    [20, "unavailable"],
    [34, "failed"],
  ])("whose agent's phone ends with cause %d is %s", async (cause, outcome) => {
    await originated();
    world.asterisk.end(world.channel("PJSIP/1001"), cause);
    await world.settle();
    expect(world.last).toMatchObject({ outcome, cause });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("whose destination is busy ends with that cause, and lets the agent go", async () => {
    world.asterisk.farEnds.set("PJSIP/1002", "busy");
    await originated();
    world.asterisk.answer(world.channel("PJSIP/1001"));
    await world.settle();
    expect(world.last).toMatchObject({ outcome: "busy", cause: 17 });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("of an agent who is not registered is refused, and has a row all the same", async () => {
    world.asterisk.farEnds.set("PJSIP/1001", "nobody");
    await expect(world.engine.originate({ agent: "1001", to: "1002" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: "1001 can't be reached: Nobody is registered there",
    });
    expect(world.last).toMatchObject({ status: "ended", outcome: "unavailable", cause: 20 });
  });

  it.each([
    ["+4420123456", "1001", "NUMBER_FORBIDDEN"],
    ["sip:1002@evil", "1001", "NUMBER_INVALID"],
    ["1002", "2001", "NUMBER_INVALID"],
    ["1001", "1001", "NUMBER_INVALID"],
  ])("to %s by %s is refused as %s", async (to, agent, code) => {
    await expect(world.engine.originate({ agent, to })).rejects.toMatchObject({ code });
    expect(world.asterisk.asked).toStrictEqual([]);
  });

  it("is hung up by request, and the answer is the call's end", async () => {
    const { id } = await originated();
    world.asterisk.answer(world.channel("PJSIP/1001"));
    await world.settle();
    const ended = await world.engine.hangup(world.channel("PJSIP/1001"));
    expect(ended).toMatchObject({ id, status: "ended", outcome: "cancelled" });
    await world.settle();
    expect(world.leftovers).toStrictEqual([]);
    await expect(world.engine.hangup(id)).rejects.toMatchObject({ code: "CALL_NOT_FOUND" });
  });
});
