import { config, World } from "../support/world";

let world: World;

beforeEach(() => {
  world = new World();
});

const support = (strategy: "ring-all" | "longest-idle") =>
  config({
    queues: [{ name: "support", members: ["1002", "1003"], strategy, ringSeconds: 20, waitSeconds: 60 }],
  });

describe("a call to a DN", () => {
  it("that is our own rings it, is answered with it, and ends with the caller", async () => {
    const caller = world.asterisk.comeIn(["internal", "1002"]);
    await world.settle();
    expect(world.last).toMatchObject({
      type: "internal",
      status: "ringing",
      from: "1001",
      to: "1002",
      agent: "1001",
    });
    expect(world.asterisk.asked.slice(0, 2)).toStrictEqual([
      { what: "channels.setVariable TIMEOUT(absolute)=0", about: caller },
      { what: "applications.subscribe", about: `channel:${caller}` },
    ]);
    expect(world.asterisk.requests("channels.answer")).toStrictEqual([]);
    world.asterisk.answer(world.channel("PJSIP/1002"));
    await world.settle();
    expect(world.asterisk.requests("channels.answer")).toStrictEqual([caller]);
    expect(world.asterisk.together(caller, world.channel("PJSIP/1002"))).toBe(true);
    world.asterisk.end(caller);
    await world.settle();
    expect(world.last).toMatchObject({ outcome: "answered" });
    expect(world.leftovers).toStrictEqual([]);
  });

  it.each([
    ["busy", 17, "busy"],
    ["nobody", 20, "unavailable"],
  ] as const)(
    "where %s is the answer ends with cause %d, which the caller is told",
    async (does, cause, outcome) => {
      world.asterisk.farEnds.set("PJSIP/1002", does);
      const caller = world.asterisk.comeIn(["internal", "1002"]);
      const reasons: unknown[] = [];
      const hangup = world.asterisk.channels.hangup;
      world.asterisk.channels.hangup = (id, reason) => {
        if (id === caller) reasons.push(reason);
        return hangup(id, reason);
      };
      await world.settle();
      expect(world.last).toMatchObject({ outcome, cause });
      expect(reasons).toStrictEqual([cause]);
      expect(world.leftovers).toStrictEqual([]);
    },
  );

  it("whose caller gives up is cancelled, and rings no more", async () => {
    const caller = world.asterisk.comeIn(["internal", "1002"]);
    await world.settle();
    world.asterisk.end(caller, 16);
    await world.settle();
    expect(world.last).toMatchObject({ outcome: "cancelled" });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("that Genesys carries goes on in the dialplan, and is followed to its end", async () => {
    world = new World({ config: config({ internalCalls: "genesys" }) });
    const caller = world.asterisk.comeIn(["internal", "1002"]);
    await world.settle();
    expect(world.asterisk.requests("channels.continue to-genesys,1002")).toStrictEqual([caller]);
    expect(world.asterisk.channelsUp.get(caller)?.inApp).toBe(false);
    world.asterisk.answer(caller);
    await world.settle(3_000);
    world.asterisk.end(caller);
    await world.settle();
    expect(world.story).toStrictEqual(["started", "answered", "ended"]);
    expect(world.last).toMatchObject({ type: "internal", outcome: "answered", cause: 16 });
  });

  it("that is none is refused, and so is what the dialplan should not have handed over", async () => {
    world.asterisk.comeIn(["internal", "55"]);
    world.asterisk.comeIn(["elsewhere"]);
    await world.settle();
    expect(world.last).toMatchObject({ outcome: "rejected", causeText: "55 is no DN" });
    expect(world.leftovers).toStrictEqual([]);
    expect(world.changes.filter(({ what }) => what === "started")).toHaveLength(1);
  });
});

describe("a call to a number outside", () => {
  it("goes by the trunk, and shows the trunk's number", async () => {
    world.asterisk.comeIn(["external", "+31612345678"]);
    await world.settle();
    expect(world.last).toMatchObject({
      type: "outbound",
      from: "1001",
      to: "+31612345678",
      trunk: "provider",
    });
    expect(world.asterisk.at("PJSIP/+31612345678%trunk-provider")).toHaveLength(1);
  });

  it("that may not be called is refused, whatever the dialplan thought of it, and logged", async () => {
    world.asterisk.comeIn(["external", "+882123456"]);
    await world.settle();
    expect(world.last).toMatchObject({ status: "ended", outcome: "rejected", to: "+882123456", cause: 21 });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("is refused to an agent who has begun too many within the minute", async () => {
    world = new World({ config: config({ callsPerMinute: 2 }) });
    for (let n = 0; n < 3; n++) world.asterisk.comeIn(["external", "+31612345678"]);
    await world.settle();
    expect(world.engine.live()).toHaveLength(2);
    expect(world.changes.find(({ what }) => what === "ended")?.call).toMatchObject({
      ...{ outcome: "rejected", causeText: "Too many calls within a minute" },
    });
    world.asterisk.comeIn(["external", "+31612345678"], { endpoint: "1005" });
    await world.settle(60_000);
    world.asterisk.comeIn(["external", "+31612345678"]);
    await world.settle();
    expect(world.story.filter((what) => what === "started")).toHaveLength(5);
    expect(world.last).toMatchObject({ status: "ringing" });
  });
});

describe("a call to a number of ours", () => {
  const caller = { endpoint: "trunk-provider", caller: "0612345678" };

  it("that is a DN's rings its phone", async () => {
    world.asterisk.comeIn(["did", "+31201234567", "provider"], caller);
    await world.settle();
    expect(world.last).toMatchObject({
      ...{ type: "inbound", from: "+31612345678", to: "1002", agent: "1002", trunk: "provider" },
    });
    world.asterisk.answer(world.channel("PJSIP/1002"));
    await world.settle();
    expect(world.last).toMatchObject({ status: "answered" });
  });

  it("that is a queue's rings all of its members, and goes to the first who answers", async () => {
    world = new World({ config: support("ring-all") });
    const id = world.asterisk.comeIn(["did", "+31201234568", "provider"], caller);
    await world.settle();
    expect(world.last).toMatchObject({ to: "support", status: "ringing" });
    expect([...world.asterisk.at("PJSIP/1002"), ...world.asterisk.at("PJSIP/1003")]).toHaveLength(2);
    world.asterisk.answer(world.channel("PJSIP/1003"));
    await world.settle();
    expect(world.asterisk.at("PJSIP/1002")).toStrictEqual([]);
    expect(world.asterisk.together(id, world.channel("PJSIP/1003"))).toBe(true);
    expect(world.last).toMatchObject({ status: "answered", to: "support", agent: "1003" });
  });

  it("of a queue by longest idle rings one after the other", async () => {
    world = new World({ config: support("longest-idle") });
    world.asterisk.comeIn(["did", "+31201234568", "provider"], caller);
    await world.settle();
    const first = world.channel("PJSIP/1002");
    expect(world.asterisk.at("PJSIP/1003")).toStrictEqual([]);
    world.asterisk.end(first, 19);
    await world.settle(3_000);
    expect(world.asterisk.at("PJSIP/1003")).toHaveLength(1);
    world.asterisk.answer(world.channel("PJSIP/1003"));
    await world.settle();
    expect(world.last).toMatchObject({ agent: "1003" });
    // 1003 has a call; the next caller gets the other.
    world.asterisk.comeIn(["did", "+31201234568", "provider"], caller);
    await world.settle();
    expect(world.asterisk.at("PJSIP/1002")).toHaveLength(1);
  });

  it("of a queue where nobody is waits, and ends when it has waited long enough", async () => {
    world = new World({ config: support("ring-all") });
    for (const dn of ["PJSIP/1002", "PJSIP/1003"]) world.asterisk.farEnds.set(dn, "nobody");
    world.asterisk.comeIn(["did", "+31201234568", "provider"], caller);
    await world.settle(59_000);
    expect(world.engine.live()).toHaveLength(1);
    await world.settle(5_000);
    expect(world.last).toMatchObject({ outcome: "no_answer", cause: 19 });
    expect(world.leftovers).toStrictEqual([]);
  });

  it("of a queue finds an agent who comes free while it waits", async () => {
    world = new World({ config: support("ring-all") });
    for (const dn of ["PJSIP/1002", "PJSIP/1003"]) world.asterisk.farEnds.set(dn, "nobody");
    world.asterisk.comeIn(["did", "+31201234568", "provider"], caller);
    await world.settle(10_000);
    world.asterisk.farEnds.set("PJSIP/1002", "answer");
    await world.settle(4_000);
    expect(world.last).toMatchObject({ status: "answered", agent: "1002" });
  });

  it("whose caller hangs up while it waits leaves no phone ringing", async () => {
    world = new World({ config: support("ring-all") });
    const id = world.asterisk.comeIn(["did", "+31201234568", "provider"], caller);
    await world.settle();
    world.asterisk.end(id);
    await world.settle();
    expect(world.last).toMatchObject({ outcome: "cancelled" });
    expect(world.leftovers).toStrictEqual([]);
  });
});

it("takes no more calls than it may, and refuses the next", async () => {
  world = new World({ maxCalls: 1 });
  world.asterisk.comeIn(["internal", "1002"]);
  world.asterisk.comeIn(["internal", "1003"]);
  await world.settle();
  expect(world.engine.live()).toHaveLength(1);
  await expect(world.engine.originate({ agent: "1004", to: "1005" })).rejects.toMatchObject({
    code: "TOO_MANY_CALLS",
  });
});
