import * as fc from "fast-check";
import { Figures } from "../../../../assets/call-control/src/campaigns/figures";
import {
  binomial,
  callsToBegin,
  chanceOfNone,
  type PacingRules,
  type Situation,
} from "../../../../assets/call-control/src/campaigns/pacing";

const NOW = 10_000_000;
const predictive: PacingRules = { mode: "predictive", dialRatio: 3, abandonLimit: 0.03 };
const progressive: PacingRules = { ...predictive, mode: "progressive" };

const idle: Situation = { ready: 0, talking: [], wrappingUp: [], wrapUp: 10_000, ringing: [], waiting: 0 };

/** Figures of so many calls, of which every third was answered after 5 to 25 s, and talked for 20 to 280 s. */
function figures(calls: number, abandoned = 0, at = NOW - 60_000): Figures {
  const made = new Figures();
  for (let call = 0; call < calls; call++) {
    const answered = call % 3 === 0;
    made.dialled(at, answered ? 5_000 + ((call * 977) % 20_000) : 25_000, answered);
    if (answered) made.talked(at, 20_000 + ((call * 7_919) % 260_000));
  }
  for (let call = 0; call < abandoned; call++) made.abandoned(at);
  return made;
}

describe("progressive pacing", () => {
  it("begins one call for each agent who is free, and has none yet", () => {
    const count = (situation: Partial<Situation>) =>
      callsToBegin(progressive, { ...idle, ...situation }, figures(300), NOW);
    expect(count({ ready: 5 })).toBe(5);
    expect(count({ ready: 5, ringing: [1_000, 2_000], waiting: 1 })).toBe(2);
    expect(count({ ready: 1, ringing: [1_000, 2_000] })).toBe(0);
    expect(count({ talking: [100_000], wrappingUp: [1_000] })).toBe(0);
  });
});

describe("predictive pacing", () => {
  const count = (situation: Partial<Situation>, some = figures(300), rules = predictive) =>
    callsToBegin(rules, { ...idle, ...situation }, some, NOW);

  it("begins more than one for each agent, and for those about to be free", () => {
    expect(count({ ready: 10 })).toBeGreaterThan(10);
    expect(count({ talking: Array(40).fill(60_000), wrappingUp: Array(10).fill(2_000) })).toBeGreaterThan(5);
  });

  it("begins with one for each agent as long as little is known", () => {
    expect(count({ ready: 10 }, figures(0))).toBe(10);
    expect(count({ ready: 10 }, figures(29))).toBe(10);
    // What was known is too old.
    expect(count({ ready: 10 }, figures(300, 0, NOW - 50 * 60_000))).toBe(10);
  });

  it("goes back to one for each agent when one more without an agent would pass the limit", () => {
    expect(count({ ready: 10 }, figures(300, 2))).toBe(10);
    expect(count({ ready: 10 }, figures(300, 20))).toBe(10);
    expect(count({ ready: 10 }, figures(300), { ...predictive, abandonLimit: 0 })).toBe(10);
  });

  it("takes no chances with one agent", () => {
    expect(count({ ready: 1 })).toBe(1);
    expect(count({ ready: 1, ringing: [3_000] })).toBe(0);
  });

  it("begins none while customers wait", () => {
    expect(count({ waiting: 2, talking: Array(20).fill(60_000) })).toBe(0);
  });

  it("begins fewer when customers have begun to answer more often", () => {
    const some = figures(300);
    for (let call = 0; call < 50; call++) some.dialled(NOW, 10_000, call % 3 !== 0);
    expect(count({ ready: 20 }, some)).toBeLessThan(count({ ready: 20 }));
  });

  it("stays within its bounds, whatever the moment is", () => {
    const times = (max: number) => fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: max });
    fc.assert(
      fc.property(
        fc.record({
          ready: fc.nat(60),
          talking: times(60),
          wrappingUp: times(20),
          wrapUp: fc.nat(60_000),
          ringing: times(150),
          waiting: fc.nat(5),
        }),
        fc.record({
          mode: fc.constantFrom("preview", "progressive", "predictive" as const),
          dialRatio: fc.double({ min: 1, max: 5, noNaN: true }),
          abandonLimit: fc.double({ min: 0, max: 0.2, noNaN: true }),
        }),
        fc.nat(400),
        fc.nat(20),
        (situation, rules, calls, abandoned) => {
          const agents = situation.ready + situation.talking.length + situation.wrappingUp.length;
          const begun = callsToBegin(rules, situation, figures(calls, abandoned), NOW);
          expect(Number.isInteger(begun)).toBe(true);
          expect(begun).toBeGreaterThanOrEqual(0);
          if (rules.mode === "preview") expect(begun).toBe(0);
          if (rules.mode === "progressive") expect(begun).toBeLessThanOrEqual(situation.ready);
          if (begun > 0)
            expect(situation.ringing.length + begun).toBeLessThanOrEqual(rules.dialRatio * agents);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the chance to find no agent", () => {
  const chance = (calls: number, answering: number, spare: number, agents = 0, freeing = 0) =>
    chanceOfNone(binomial(calls, answering), spare, binomial(agents, freeing));

  it("is what it is with dice", () => {
    expect(chance(1, 0.5, 1)).toBeCloseTo(0.5);
    expect(chance(2, 0.5, 2)).toBeCloseTo(0.25);
    expect(chance(1, 0.5, 0, 1, 0.5)).toBeCloseTo(0.5 + 0.5 * 0.5);
    expect(chance(5, 1, 2, 3, 1)).toBe(1);
    expect(chance(5, 1, 3, 3, 1)).toBe(0);
    expect(chance(0, 0, 0)).toBe(1);
    expect(chance(0, 0, -2, 1, 1)).toBe(1);
    expect(chance(3, 0.3, 4)).toBe(0);
  });

  it("is right for thousands of calls", () => {
    expect(chance(5_000, 0.6, 3_000)).toBeCloseTo(0.5, 1);
    expect(chance(5_000, 0.6, 3_200)).toBeLessThan(1e-6);
    expect(chance(5_000, 0.6, 2_800)).toBeCloseTo(1);
  });
});
