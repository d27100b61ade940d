import { World } from "../support/world";

let world: World;

beforeEach(() => {
  world = new World();
});

const request = {
  to: "+31612345678",
  campaignId: "5a0f2a8e-5b0a-4c7e-9a52-0b6d6e3f7c11",
  queueEntryId: "7",
  callId: "9d6f4a10-3f51-4d3c-8f6a-2b1e5d7c9a33",
  channelId: "campaign-1",
  ringSeconds: 25,
};

async function seated() {
  const seat = world.engine.openSeat("1001");
  await world.settle();
  world.asterisk.answer(world.channel("PJSIP/1001"));
  return seat;
}

async function answered(): Promise<void> {
  await world.engine.dial(request);
  await world.settle();
  world.asterisk.answer("campaign-1");
  await world.settle();
}

it("dials the customer under the ids that the queue's row has", async () => {
  const call = await world.engine.dial(request);
  expect(call).toMatchObject({
    ...{
      id: request.callId,
      type: "campaign",
      channelId: "campaign-1",
      from: "+31201234567",
      to: request.to,
    },
    ...{ campaignId: request.campaignId, queueEntryId: "7", trunk: "provider" },
  });
  await world.settle();
  expect(world.story).toStrictEqual(["started", "ringing"]);
  await expect(world.engine.dial(request)).rejects.toMatchObject({ code: "CALL_STATE" });
});

it("rings an agent for a seat, which is there once it has answered", async () => {
  const opening = world.engine.openSeat("1001");
  await world.settle();
  expect(world.engine.seats()).toStrictEqual([]);
  await expect(world.engine.openSeat("1001")).rejects.toMatchObject({ code: "CALL_STATE" });
  world.asterisk.answer(world.channel("PJSIP/1001"));
  const seat = await opening;
  expect(seat).toMatchObject({ agent: "1001", channelId: world.channel("PJSIP/1001") });
  expect(world.engine.seats()).toStrictEqual([seat]);
});

it.each([
  ["nobody", "UNAVAILABLE"],
  ["busy", "UNAVAILABLE"],
] as const)("of an agent where %s is the answer has no seat", async (does, code) => {
  world.asterisk.farEnds.set("PJSIP/1001", does);
  const opening = world.engine.openSeat("1001");
  await Promise.all([expect(opening).rejects.toMatchObject({ code }), world.settle()]);
  expect(world.leftovers).toStrictEqual([]);
});

it("gives up a seat whose phone rings for ever", async () => {
  const opening = world.engine.openSeat("1001");
  await Promise.all([expect(opening).rejects.toMatchObject({ code: "UNAVAILABLE" }), world.settle(41_000)]);
  expect(world.leftovers).toStrictEqual([]);
});

it("puts customers through to a seat, which stays when they hang up", async () => {
  const seat = await seated();
  await answered();
  expect(world.last?.status).toBe("answered");
  expect(world.last?.agent).toBeUndefined();
  const call = await world.engine.connect(request.callId, seat.id);
  expect(call).toMatchObject({ agent: "1001", peerChannelId: seat.channelId });
  await world.settle();
  expect(world.asterisk.together("campaign-1", seat.channelId)).toBe(true);
  world.asterisk.end("campaign-1");
  await world.settle();
  expect(world.last).toMatchObject({ outcome: "answered" });
  expect(world.leftovers).toStrictEqual([seat.channelId]);
  expect(world.story).toStrictEqual(["started", "ringing", "answered", "connected", "ended"]);
  await world.engine.closeSeat(seat.id);
  await world.settle();
  expect(world.leftovers).toStrictEqual([]);
});

it("ends the call when the agent's phone hangs up, and says that the seat is closed", async () => {
  const closed: string[] = [];
  world.engine.on("seatClosed", ({ id }) => closed.push(id));
  const seat = await seated();
  await answered();
  await world.engine.connect(request.callId, seat.id);
  world.asterisk.end(seat.channelId);
  await world.settle();
  expect(closed).toStrictEqual([seat.id]);
  expect(world.last).toMatchObject({ outcome: "answered" });
  expect(world.leftovers).toStrictEqual([]);
  await expect(world.engine.closeSeat(seat.id)).rejects.toMatchObject({ code: "CALL_NOT_FOUND" });
});

it("lets a request end the customer's call only", async () => {
  const seat = await seated();
  await answered();
  await world.engine.connect(request.callId, seat.id);
  await world.engine.hangup(request.callId);
  await world.settle();
  expect(world.leftovers).toStrictEqual([seat.channelId]);
});

it("moves a customer on by a transfer, and keeps the seat", async () => {
  const seat = await seated();
  await answered();
  await world.engine.connect(request.callId, seat.id);
  await world.engine.transfer(request.callId, "1002", "blind");
  await world.settle();
  world.asterisk.answer(world.channel("PJSIP/1002"));
  await world.settle();
  expect(world.asterisk.together("campaign-1", world.channel("PJSIP/1002"))).toBe(true);
  expect(world.asterisk.channelsUp.get(seat.channelId)?.bridge).toBeUndefined();
  expect(world.engine.seats()).toStrictEqual([seat]);
});

it("keeps a seat for one customer at a time", async () => {
  const seat = await seated();
  await answered();
  await world.engine.connect(request.callId, seat.id);
  const other = { ...request, callId: "9d6f4a10-3f51-4d3c-8f6a-2b1e5d7c9a34", channelId: "campaign-2" };
  await world.engine.dial(other);
  await world.settle();
  world.asterisk.answer("campaign-2");
  await world.settle();
  await expect(world.engine.connect(other.callId, seat.id)).rejects.toMatchObject({
    code: "CALL_STATE",
  });
});

it.each([
  ["is given up by the campaign", () => world.engine.abandon(request.callId)],
  ["hangs up before there is an agent", async () => world.asterisk.end("campaign-1")],
])("is abandoned when the customer %s", async (_how, end) => {
  await answered();
  await end();
  await world.settle();
  expect(world.last).toMatchObject({ outcome: "abandoned" });
  expect(world.leftovers).toStrictEqual([]);
});

it.each([
  [17, "busy"],
  [19, "no_answer"],
  [1, "unavailable"],
])("has the outcome of cause %d: %s", async (cause, outcome) => {
  await world.engine.dial(request);
  await world.settle();
  world.asterisk.end("campaign-1", cause);
  await world.settle();
  expect(world.last).toMatchObject({ outcome, cause });
});

it("does not abandon, or put through, who has not answered", async () => {
  const seat = await seated();
  await world.engine.dial(request);
  await expect(world.engine.abandon(request.callId)).rejects.toMatchObject({ code: "CALL_STATE" });
  await expect(world.engine.connect(request.callId, seat.id)).rejects.toMatchObject({ code: "CALL_STATE" });
});
