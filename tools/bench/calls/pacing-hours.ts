import type { BenchOptions } from "../main";
import type { Figure } from "../measure";
import { type PacingFigures, type PacingScenario, simulatePacing } from "./pacing";

/** Predictive pacing beside progressive, by simulated hours of 50 agents, and where it is hard. */
export async function benchPacing({ quick }: BenchOptions): Promise<Figure[]> {
  const seeds = Array.from({ length: quick ? 2 : 8 }, (_, index) => index + 1);
  const hours = async (scenario: Omit<PacingScenario, "seed">): Promise<PacingFigures[]> => {
    const figures: PacingFigures[] = [];
    for (const seed of seeds) figures.push(await simulatePacing({ ...scenario, seed }));
    return figures;
  };
  const rows = (name: string, figures: readonly PacingFigures[]): Figure[] => [
    { name: `${name}: agents talking`, unit: "%", values: figures.map(({ talking }) => talking) },
    {
      name: "  answered calls that found no agent",
      unit: "%",
      values: figures.map(({ abandoned }) => abandoned),
      limit: 3,
    },
  ];
  const jump = (elapsed: number) => (elapsed < 1_800 ? 0.2 : 0.6);
  return [
    ...rows("50 agents, progressive", await hours({ mode: "progressive" })),
    ...rows("50 agents, predictive", await hours({ mode: "predictive" })),
    ...rows("answers from 20 to 60 %", await hours({ mode: "predictive", dialRatio: 5, answerRate: jump })),
    ...rows("10 agents, predictive", await hours({ mode: "predictive", agents: 10 })),
  ];
}
