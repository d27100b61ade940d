import type { CallOutcome, CallType } from "./call";

/** What is counted of calls. */
export interface CallsMeter {
  /** A call has begun. */
  began(type: CallType): void;
  ended(type: CallType, outcome: CallOutcome): void;
  /** A request of Asterisk's interface was not done. */
  failed(code: string): void;
  /** A channel or bridge of ours was found that belongs to no call. */
  orphaned(kind: "channel" | "bridge"): void;
}
