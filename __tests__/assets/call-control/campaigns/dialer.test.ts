import { CallError } from "../../../../assets/call-control/src/calls/calls";
import { DialerWorld } from "./support";

const worlds: DialerWorld[] = [];

async function world(...options: ConstructorParameters<typeof DialerWorld>): Promise<DialerWorld> {
  const made = new DialerWorld(...options);
  worlds.push(made);
  await made.update();
  return made;
}

afterEach(async () => {
  for (const { dialer } of worlds.splice(0)) await dialer.stop();
});

describe("a progressive campaign", () => {
  it("begins one call for each agent who is ready, and puts who answers through to the longest ready", async () => {
    const here = await world();
    await here.join("1002", "1003");
    expect(here.asked()).toStrictEqual(["openSeat 1002", "dial +1001", "openSeat 1003", "dial +1002"]);
    here.lines.answer("+1002");
    await here.clock.run(0);
    expect(here.asked()).toStrictEqual(["connect +1002 seat-1002"]);
    expect(here.state("1002")).toBe("talking");
    expect(here.queue.written).toStrictEqual(["+1002 connected 1002"]);
    here.lines.end("+1001", "busy");
    await here.clock.run(0);
    expect(here.asked()).toStrictEqual(["dial +1003"]);
    expect(here.queue.written).toContain("+1001 busy waiting 1");
  });

  it("has an agent wrap up after a call, and be ready then", async () => {
    const here = await world();
    await here.join("1002");
    here.lines.answer("+1001");
    await here.clock.run(60_000);
    here.lines.end("+1001", "answered");
    await here.clock.run(9_000);
    expect(here.state("1002")).toBe("wrap_up");
    await here.clock.run(1_500);
    expect(here.state("1002")).toBe("ready");
    expect(here.queue.written.at(-1)).toBe("+1001 answered done 1");
    expect(here.asked().at(-1)).toBe("dial +1002");
  });

  it("lets go of a customer for whom nobody is there within two seconds", async () => {
    const here = await world();
    await here.join("1002");
    here.dialer.desk.pause("1002");
    here.lines.answer("+1001");
    await here.clock.run(1_900);
    expect(here.dialer.view.waiting).toBe(1);
    await here.clock.run(200);
    expect(here.asked()).toContain("abandon +1001");
    expect(here.queue.written).toStrictEqual(["+1001 abandoned waiting 1"]);
    expect(here.dialer.figures.abandonment(here.clock.now())).toStrictEqual({ answered: 1, abandoned: 1 });
  });

  it("puts a customer who waits through to who becomes ready meanwhile", async () => {
    const here = await world();
    await here.join("1002");
    here.dialer.desk.pause("1002");
    here.lines.answer("+1001");
    await here.clock.run(1_000);
    here.dialer.desk.makeReady("1002");
    await here.clock.run(5_000);
    expect(here.asked()).toContain("connect +1001 seat-1002");
    expect(here.asked()).not.toContain("abandon +1001");
  });

  it("counts a customer who hangs up before an agent is there as one who found none", async () => {
    const here = await world();
    await here.join("1002");
    here.dialer.desk.pause("1002");
    here.lines.answer("+1001");
    here.lines.end("+1001", "answered");
    await here.clock.run(0);
    expect(here.queue.written).toStrictEqual(["+1001 abandoned waiting 1"]);
    expect(here.dialer.figures.abandonment(here.clock.now()).abandoned).toBe(1);
  });

  it("hangs up what rings when no agent is left", async () => {
    const here = await world();
    await here.join("1002");
    here.dialer.desk.leave("1002");
    await here.clock.run(1_100);
    expect(here.asked()).toStrictEqual([
      "openSeat 1002",
      "dial +1001",
      "closeSeat seat-1002",
      "hangup +1001",
    ]);
    expect(here.saved.get("1002")).toBeUndefined();
  });

  it("comes to its end when nothing is left", async () => {
    const here = await world({}, 1);
    await here.join("1002");
    await here.clock.run(10_000);
    expect(here.finished).toBe(0);
    here.lines.answer("+1001");
    await here.clock.run(30_000);
    here.lines.end("+1001", "answered");
    await here.clock.run(10_000);
    expect(here.finished).toBeGreaterThan(0);
  });

  it("begins nothing while it's held, and follows its calls", async () => {
    const here = await world();
    await here.update("it is paused");
    await here.join("1002");
    await here.clock.run(5_000);
    expect(here.asked()).toStrictEqual(["openSeat 1002"]);
    expect(here.dialer.view.reason).toBe("it is paused");
    await here.update();
    await here.update("it is paused");
    here.lines.answer("+1001");
    await here.clock.run(0);
    expect(here.asked()).toStrictEqual(["dial +1001", "connect +1001 seat-1002"]);
  });
});

describe("an agent", () => {
  it("whose phone does not answer is paused, and told why", async () => {
    const here = await world();
    here.lines.refusals.set("openSeat", new CallError("UNAVAILABLE", "1002 did not answer"));
    await here.join("1002");
    expect(here.dialer.desk.find("1002")).toMatchObject({ state: "paused", reason: "1002 did not answer" });
    here.lines.refusals.clear();
    expect(here.dialer.desk.makeReady("1002")).toBe(true);
    await here.dialer.ring("1002");
    expect(here.dialer.desk.find("1002")).toMatchObject({ state: "ready", seatId: "seat-1002" });
  });

  it("ends the customer's call by hanging up the phone", async () => {
    const here = await world();
    await here.join("1002");
    here.lines.answer("+1001");
    await here.clock.run(5_000);
    here.dialer.seatClosed({ id: "seat-1002", agent: "1002", channelId: "channel-1002" });
    await here.clock.run(0);
    expect(here.asked()).toContain("hangup +1001");
    expect(here.state("1002")).toBe("paused");
    expect(here.queue.written.at(-1)).toBe("+1001 answered done 1");
  });

  it("leaves, or is paused, after the customer", async () => {
    const here = await world();
    await here.join("1002", "1003");
    here.lines.answer("+1001");
    here.lines.answer("+1002");
    await here.clock.run(0);
    here.dialer.desk.leave("1002");
    here.dialer.desk.pause("1003");
    expect([here.state("1002"), here.state("1003")]).toStrictEqual(["talking", "talking"]);
    here.lines.end("+1001", "answered");
    here.lines.end("+1002", "answered");
    await here.clock.run(0);
    expect([here.state("1002"), here.state("1003")]).toStrictEqual([undefined, "paused"]);
    expect(here.asked()).toContain("closeSeat seat-1002");
  });

  it("has no customer any more after having transferred the call", async () => {
    const here = await world();
    await here.join("1002");
    here.lines.answer("+1001");
    await here.clock.run(5_000);
    here.lines.transferred("+1001", "1007");
    expect(here.state("1002")).toBe("wrap_up");
    here.lines.end("+1001", "answered");
    await here.clock.run(0);
    expect(here.queue.written.at(-1)).toBe("+1001 answered done 1");
  });

  it("whose phone is gone when a customer comes is paused, and another one gets the customer", async () => {
    const here = await world();
    await here.join("1002", "1003");
    here.lines.refusals.set("connect", new CallError("CALL_NOT_FOUND", "there is no seat"));
    here.lines.answer("+1001");
    await here.clock.run(0);
    expect([here.state("1002"), here.state("1003")]).toStrictEqual(["paused", "paused"]);
    await here.clock.run(2_100);
    expect(here.asked()).toContain("abandon +1001");
  });

  it("is as before when the customer was gone already", async () => {
    const here = await world();
    await here.join("1002");
    const since = here.dialer.desk.find("1002")?.since;
    here.lines.refusals.set("connect", new CallError("CALL_NOT_FOUND", "no such call"));
    here.lines.answer("+1001");
    here.lines.calls.clear();
    await here.clock.run(0);
    expect(here.dialer.desk.find("1002")).toMatchObject({ state: "ready", since });
    await here.clock.run(40_000);
    // Its end was never told.
    expect(here.queue.written).toContain("+1001 abandoned waiting 1");
  });
});

describe("trouble", () => {
  it("with Asterisk costs a number no attempt, and calling goes on by itself", async () => {
    const here = await world();
    here.lines.refusals.set("dial", new CallError("ASTERISK", "connection refused"));
    await here.join("1002");
    expect(here.queue.written).toStrictEqual(["+1001 withdrawn failed waiting"]);
    expect(here.dialer.view.reason).toBe("Asterisk does not dial: connection refused");
    await here.clock.run(60_000);
    const tries = here.asked().filter((what) => what.startsWith("dial")).length;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThanOrEqual(10);
    here.lines.refusals.clear();
    here.queue.waiting.push({
      ...here.queue.waiting[0],
      id: "99",
      campaignId: "c",
      phoneNumber: "+1099",
      lead: {},
      timeZone: null,
      attempts: 0,
    });
    await here.clock.run(15_000);
    expect(here.dialer.view).toMatchObject({ reason: undefined, ringing: 1 });
  });

  it("with a number blocks that number only", async () => {
    const here = await world({}, 1);
    here.lines.refusals.set("dial", new CallError("NUMBER_FORBIDDEN", "may not be called"));
    await here.join("1002");
    expect(here.queue.written).toStrictEqual(["+1001 withdrawn forbidden blocked"]);
    expect(here.dialer.view.reason).toBeUndefined();
    expect(here.state("1002")).toBe("ready");
  });

  it("with the database begins nothing, and what became of calls is written when it's back", async () => {
    const here = await world();
    await here.join("1002", "1003");
    here.lines.answer("+1001");
    await here.clock.run(0);
    here.queue.away = new Error("connection refused");
    here.asked();
    here.lines.end("+1001", "answered");
    here.lines.end("+1002", "busy");
    await here.clock.run(30_000);
    expect(here.asked()).toStrictEqual([]);
    expect(here.dialer.view.reason).toContain("the database is away");
    expect(here.dialer.entryIds.toSorted()).toStrictEqual(["1", "2"]);
    here.queue.away = undefined;
    await here.clock.run(15_000);
    expect(here.queue.written).toStrictEqual(
      expect.arrayContaining(["+1001 answered done 1", "+1002 busy waiting 1"]),
    );
    expect(here.asked().filter((what) => what.startsWith("dial"))).toHaveLength(2);
    expect(here.dialer.view.reason).toBeUndefined();
  });

  it("with a call whose end nobody told is noticed after half a minute", async () => {
    const here = await world();
    await here.join("1002");
    await here.clock.run(5_000);
    here.lines.calls.clear();
    await here.clock.run(29_000);
    expect(here.queue.written).toStrictEqual([]);
    await here.clock.run(3_000);
    expect(here.queue.written).toStrictEqual(["+1001 lost waiting 1"]);
  });
});

describe("a preview campaign", () => {
  const entry = { id: "77", campaignId: "c", phoneNumber: "+1077", lead: {}, timeZone: null, attempts: 0 };

  it("calls nobody by itself, and a number for the agent who has accepted it", async () => {
    const here = await world({ mode: "preview" });
    await here.join("1002", "1003");
    await here.clock.run(10_000);
    expect(here.asked()).toStrictEqual(["openSeat 1002", "openSeat 1003"]);
    const call = await here.dialer.callFor("1003", entry);
    expect(call.to).toBe("+1077");
    expect([here.state("1002"), here.state("1003")]).toStrictEqual(["ready", "talking"]);
    here.lines.answer("+1077");
    await here.clock.run(0);
    expect(here.asked()).toStrictEqual(["dial +1077", "connect +1077 seat-1003"]);
  });

  it("has the agent ready at once when the customer does not answer", async () => {
    const here = await world({ mode: "preview" });
    await here.join("1002");
    await here.dialer.callFor("1002", entry);
    here.lines.end("+1077", "no_answer");
    await here.clock.run(0);
    expect(here.state("1002")).toBe("ready");
    expect(here.queue.written).toStrictEqual(["+1077 no_answer waiting 1"]);
  });

  it("tells an agent who is not ready so, and the number costs no attempt", async () => {
    const here = await world({ mode: "preview" });
    await here.join("1002");
    here.dialer.desk.pause("1002");
    await expect(here.dialer.callFor("1002", entry)).rejects.toThrow("agent 1002 is not ready");
    await here.clock.run(0);
    expect(here.queue.written).toStrictEqual(["+1077 withdrawn cancelled waiting"]);
  });
});

describe("a call of an earlier process", () => {
  const plan = {
    entry: { id: "5", campaignId: "c", phoneNumber: "+1005", lead: {}, timeZone: null, attempts: 1 },
    callId: "earlier",
    channelId: "channel",
  };

  it("is followed to its end, with its agent", async () => {
    const here = await world({}, 0);
    const since = here.clock.now();
    here.dialer.desk.admit({ dn: "1002", state: "talking", since, seatId: "seat-1002", callId: "earlier" });
    const call = await here.lines.dial({
      to: "+1005",
      callId: "earlier",
      channelId: "channel",
      campaignId: "c",
      queueEntryId: "5",
      ringSeconds: 25,
    });
    here.dialer.adopt(plan, { ...call, agent: "1002", answeredAt: new Date(since) });
    here.lines.end("+1005", "answered");
    await here.clock.run(0);
    expect(here.state("1002")).toBe("wrap_up");
    expect(here.queue.written).toStrictEqual(["+1005 answered done 1"]);
  });

  it("is let go of when its customer was waiting", async () => {
    const here = await world({}, 0);
    const call = await here.lines.dial({
      to: "+1005",
      callId: "earlier",
      channelId: "channel",
      campaignId: "c",
      queueEntryId: "5",
      ringSeconds: 25,
    });
    here.dialer.adopt(plan, { ...call, answeredAt: new Date(here.clock.now()) });
    await here.clock.run(0);
    expect(here.asked()).toContain("abandon +1005");
    expect(here.queue.written).toStrictEqual(["+1005 abandoned waiting 1"]);
  });
});
