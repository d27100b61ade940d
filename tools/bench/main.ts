import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { OperatorError, runCommand } from "../progress";
import { benchCalls } from "./calls";
import { benchFuzz } from "./fuzz";
import { type Figure, table } from "./measure";
import { benchPhone } from "./phone";
import { benchProxy } from "./proxy";
import { benchReview } from "./review";
import { benchSwitch } from "./switch";
import { benchSynth } from "./synth";
import { benchUp } from "./up";

export interface BenchOptions {
  /** Fewer and shorter runs, for work on the bench itself: their figures say little. */
  readonly quick: boolean;
}

type Bench = (options: BenchOptions) => Figure[] | string | Promise<Figure[] | string>;

const groups: Record<string, Bench> = {
  synth: benchSynth,
  up: benchUp,
  fuzz: benchFuzz,
  proxy: benchProxy,
  phone: benchPhone,
  review: benchReview,
  switch: benchSwitch,
  calls: benchCalls,
};

runCommand(async () => {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false } },
  });
  for (const name of positionals.length > 0 ? positionals : Object.keys(groups)) {
    const bench = groups[name];
    if (!bench) throw new OperatorError(`there is no bench '${name}': ${Object.keys(groups).join(", ")}`);
    console.log(`== ${name} (Node.js ${process.version}, ${cpus().length} cores)`);
    const outcome = await bench(options);
    console.log(typeof outcome === "string" ? outcome : table(outcome));
  }
  return 0;
});
