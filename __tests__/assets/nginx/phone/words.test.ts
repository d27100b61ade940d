import { endOf, lineWords, microphoneFault } from "../../../../assets/nginx/phone/logic/words";
import { aCall } from "./calls";

const out = aCall({ direction: "out", phase: "ringing" });
const talked = aCall({ phase: "active", answeredAt: 1 });

it.each([
  [out, "remote", "Busy", { status: 486, reason: "Busy Here" }, "Busy"],
  [out, "remote", "Rejected", { status: 603, reason: "Decline" }, "Declined"],
  [
    out,
    "remote",
    "Not Found",
    { status: 404, reason: "Invalid Called DN" },
    "Invalid Called DN: 1003 is not registered at Genesys",
  ],
  [out, "local", "Canceled", undefined, "Cancelled"],
  [out, "system", "Connection Error", undefined, "Not connected: Connection Error"],
  [aCall(), "remote", "Canceled", undefined, "Missed"],
  [aCall(), "local", "Rejected", undefined, "Rejected"],
  [talked, "remote", "Terminated", undefined, "1003 hung up"],
  [talked, "local", "Terminated", undefined, "You hung up"],
  [talked, "local", "RTP Timeout", undefined, "No sound came through"],
  [
    { ...talked, transfer: { to: "1004", state: "done" as const } },
    "local",
    "Terminated",
    undefined,
    "Transferred to 1004",
  ],
  [
    { ...talked, transfer: { to: "1004", state: "lost" as const } },
    "local",
    "Terminated",
    undefined,
    "Lost, 1004 was not reached",
  ],
  [
    { ...talked, transfer: { to: "1004", state: "refused" as const } },
    "local",
    "Terminated",
    undefined,
    "You hung up",
  ],
] as const)("says why a call ended (%#)", (call, by, cause, answer, words) => {
  expect(endOf(call, by, cause, answer)).toBe(words);
});

it("counts the seconds of a wait, the last one included", () => {
  const line = { at: "waiting", until: 5000, why: "lost" } as const;
  expect([0, 4001, 6000].map((now) => lineWords(line, now))).toStrictEqual([
    "Offline, retry in 5 s",
    "Offline, retry in 1 s",
    "Offline, retry in 1 s",
  ]);
});

it.each(["NotAllowedError", "NotFoundError", "NotReadableError", "NotSupportedError", "OddError"])(
  "says what is wrong with the microphone: %s",
  (name) => {
    expect(microphoneFault(name)).toMatch(/microphone/i);
  },
);

it("says different things of different faults", () => {
  const names = ["NotAllowedError", "NotFoundError", "NotReadableError", "NotSupportedError", "OddError"];
  expect(new Set(names.map(microphoneFault)).size).toBe(names.length);
});
