import { z } from "zod";
import type { CallOutcome } from "../calls/call";

/** Minutes after which a number is tried again. A customer who found no agent is left in peace for a day. */
const defaultMinutes = {
  busy: 15,
  no_answer: 120,
  rejected: 240,
  unavailable: 60,
  cancelled: 15,
  abandoned: 1_440,
  failed: 30,
  lost: 30,
} as const satisfies Record<Exclude<CallOutcome, "answered">, number>;

export type RetriedOutcome = keyof typeof defaultMinutes;

const retriedOutcomes = Object.keys(defaultMinutes) as [RetriedOutcome, ...RetriedOutcome[]];

/** What of a campaign's numbers is tried again: `{"attempts": 5, "minutes": {"busy": 15}}`; what is not named has a default. */
export const retrySchema = z.strictObject({
  /** Calls to one number at most. */
  attempts: z.number().int().min(1).max(20).default(5),
  /** From the end of one call to the next, by what became of it. */
  minutes: z.partialRecord(z.enum(retriedOutcomes), z.number().int().min(1).max(43_200)).default({}),
});

export type RetryRules = z.output<typeof retrySchema>;

/** What becomes of a number after a call. */
export type Verdict =
  | { readonly status: "done" }
  | { readonly status: "exhausted" }
  | { readonly status: "waiting"; readonly nextAttemptAt: number };

/**
 * @param attempts calls to this number, the one that has ended included
 * @param endedAt milliseconds since 1970
 */
export function afterCall(
  outcome: CallOutcome,
  attempts: number,
  { attempts: most, minutes }: RetryRules,
  endedAt: number,
): Verdict {
  if (outcome === "answered") return { status: "done" };
  if (attempts >= most) return { status: "exhausted" };
  return {
    status: "waiting",
    nextAttemptAt: endedAt + (minutes[outcome] ?? defaultMinutes[outcome]) * 60_000,
  };
}
