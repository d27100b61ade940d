import { type PacingScenario, simulatePacing } from "../../../../tools/bench/calls/pacing";

// An hour of 50 agents is two seconds' work, on a machine that has nothing else to do.
jest.setTimeout(180_000);

const predictive = (seed: number, scenario: Partial<PacingScenario> = {}) =>
  simulatePacing({ mode: "predictive", seed, ...scenario });

describe("an hour of 50 agents", () => {
  it.each([1, 2])("has them talk above 80 percent, and fewer than 3 abandoned (seed %i)", async (seed) => {
    const { talking, abandoned, answered } = await predictive(seed);
    expect(talking).toBeGreaterThan(82);
    expect(abandoned).toBeLessThan(2.5);
    expect(answered).toBeGreaterThan(900);
    const progressive = await simulatePacing({ mode: "progressive", seed });
    expect(progressive.abandoned).toBe(0);
    expect(talking - progressive.talking).toBeGreaterThan(8);
  });

  it("bears that customers suddenly answer three times as often", async () => {
    const answerRate = (elapsed: number) => (elapsed < 1_800 ? 0.2 : 0.6);
    const { talking, abandoned } = await predictive(4, { dialRatio: 5, answerRate });
    expect(talking).toBeGreaterThan(75);
    expect(abandoned).toBeLessThan(3);
  });

  it("bears that they do so again and again", async () => {
    const answerRate = (elapsed: number) => (Math.floor(elapsed / 600) % 2 === 0 ? 0.2 : 0.6);
    const { talking, abandoned } = await predictive(2, { dialRatio: 5, answerRate });
    expect(talking).toBeGreaterThan(75);
    expect(abandoned).toBeLessThan(3);
  });
});

describe("few agents", () => {
  it.each([2, 10])("are not promised what chance can't keep: %i", async (agents) => {
    const { talking, abandoned } = await predictive(1, { agents });
    expect(abandoned).toBeLessThan(3);
    expect(talking).toBeGreaterThan(68);
  });
});

it("tells the same twice for the same seed", async () => {
  expect(await predictive(7, { agents: 5 })).toStrictEqual(await predictive(7, { agents: 5 }));
});
