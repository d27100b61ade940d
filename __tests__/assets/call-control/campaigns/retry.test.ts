import * as fc from "fast-check";
import { callOutcomes } from "../../../../assets/call-control/src/calls/call";
import { afterCall, retrySchema } from "../../../../assets/call-control/src/campaigns/retry";

const at = Date.parse("2026-08-05T12:00:00Z");
const rules = retrySchema.parse({ attempts: 3, minutes: { busy: 5 } });

describe("what becomes of a number after a call", () => {
  it("is done with when somebody spoke", () => {
    expect(afterCall("answered", 1, rules, at)).toStrictEqual({ status: "done" });
    expect(afterCall("answered", 99, rules, at)).toStrictEqual({ status: "done" });
  });

  it("waits as the campaign says, or as is usual", () => {
    const wait = (outcome: "busy" | "no_answer" | "abandoned") => {
      const verdict = afterCall(outcome, 1, rules, at);
      return verdict.status === "waiting" ? (verdict.nextAttemptAt - at) / 60_000 : verdict.status;
    };
    expect(wait("busy")).toBe(5);
    expect(wait("no_answer")).toBe(120);
    expect(wait("abandoned")).toBe(24 * 60);
  });

  it("is given up after so many calls", () => {
    expect(afterCall("busy", 2, rules, at).status).toBe("waiting");
    expect(afterCall("busy", 3, rules, at)).toStrictEqual({ status: "exhausted" });
  });

  it("ends, whatever happens, and is never tried again at once", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...callOutcomes), { minLength: 20, maxLength: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (outcomes, attempts) => {
          let [now, calls] = [at, 0];
          for (const outcome of outcomes) {
            const verdict = afterCall(outcome, ++calls, { ...rules, attempts }, now);
            if (verdict.status !== "waiting") return calls <= attempts;
            if (verdict.nextAttemptAt < now + 60_000) return false;
            now = verdict.nextAttemptAt;
          }
          return false;
        },
      ),
    );
  });

  it("refuses rules for what nobody retries", () => {
    expect(retrySchema.safeParse({ minutes: { answered: 5 } }).success).toBe(false);
    expect(retrySchema.safeParse({ minutes: { busy: 0 } }).success).toBe(false);
    expect(retrySchema.parse({})).toStrictEqual({ attempts: 5, minutes: {} });
  });
});
