import { cpus } from "node:os";
import { OperatorError, runCommand } from "../progress";
import { type Figure, table } from "./measure";
import { benchSynth } from "./synth";
import { benchUp } from "./up";

const groups: Record<string, () => Figure[] | Promise<Figure[]>> = { synth: benchSynth, up: benchUp };

runCommand(async () => {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(groups);
  for (const name of names) {
    const bench = groups[name];
    if (!bench) throw new OperatorError(`there is no bench '${name}': ${Object.keys(groups).join(", ")}`);
    console.log(`== ${name} (Node.js ${process.version}, ${cpus().length} cores)`);
    console.log(table(await bench()));
  }
  return 0;
});
