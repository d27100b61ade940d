import type { CallOutcome } from "./call";
import type { Cause } from "./state";

/** Q.850 causes, as Asterisk makes them of SIP's answers. */
export const causes = {
  unallocated: 1,
  normalClearing: 16,
  userBusy: 17,
  noAnswer: 19,
  subscriberAbsent: 20,
  rejected: 21,
  answeredElsewhere: 26,
  temporaryFailure: 41,
  noCircuit: 34,
} as const;

const outcomes: Readonly<Record<number, CallOutcome>> = {
  [causes.unallocated]: "unavailable",
  2: "unavailable",
  3: "unavailable",
  // A channel that has rung for as long as it was told to ends like one that was hung up.
  0: "no_answer",
  [causes.normalClearing]: "no_answer",
  [causes.userBusy]: "busy",
  18: "no_answer",
  [causes.noAnswer]: "no_answer",
  [causes.subscriberAbsent]: "unavailable",
  [causes.rejected]: "rejected",
  22: "unavailable",
  27: "unavailable",
  28: "unavailable",
};

/** What became of a call whose called party ended by this cause before it had answered. */
export function outcomeOf({ code }: Cause): CallOutcome {
  return code === undefined ? "lost" : (outcomes[code] ?? "failed");
}
