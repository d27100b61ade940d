import { advance, type CallEvent, isOurs } from "../../../../assets/nginx/phone/logic/call";
import { aCall } from "./calls";

const after = (call: ReturnType<typeof aCall>, ...events: CallEvent[]) =>
  events.reduce((before, event, index) => advance(before, event, 1000 + index), call);

it("goes from ringing to its end", () => {
  expect(
    after(aCall(), { type: "answering" }, { type: "answered" }, { type: "ended", why: "You hung up" }),
  ).toStrictEqual({ ...aCall(), phase: "ended", answeredAt: 1001, endedAt: 1002, why: "You hung up" });
});

it("rings on when it could not be answered", () => {
  expect(after(aCall(), { type: "answering" }, { type: "not-answered" })).toStrictEqual(aCall());
});

it("keeps who holds it apart", () => {
  const call = aCall({ phase: "active" });
  expect(after(call, { type: "held", by: "peer", on: true })).toMatchObject({
    held: false,
    heldByPeer: true,
  });
  expect(after(call, { type: "held", by: "here", on: true })).toMatchObject({
    held: true,
    heldByPeer: false,
  });
});

it.each<[string, CallEvent]>([
  ["incoming", { type: "answered" }],
  ["incoming", { type: "muted", on: true }],
  ["dialing", { type: "answering" }],
  ["active", { type: "ringing" }],
  ["ended", { type: "answered" }],
  ["ended", { type: "ended", why: "again" }],
])("is left alone where the event comes too early or too late: %s, %j", (phase, event) => {
  const call = aCall({ phase: phase as never });
  expect(advance(call, event, 1)).toBe(call);
});

it("is ours to hang up, unless it rings here or is over", () => {
  const phases = ["dialing", "ringing", "incoming", "connecting", "active", "ended"] as const;
  expect(phases.filter((phase) => isOurs(aCall({ phase })))).toStrictEqual([
    "dialing",
    "ringing",
    "connecting",
    "active",
  ]);
});
