import { spawnSync } from "node:child_process";

/** A figure measured several times. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** What the median has to stay below. */
  readonly limit?: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** @param part 0 to 100; the least value that so many percent of the values don't exceed */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * part) / 100) - 1)] ?? Number.NaN;
}

/** Seconds that a command takes, from its start to its end. */
export function seconds(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): number {
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  const took = Number(process.hrtime.bigint() - started) / 1e9;
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr.slice(-2000)}`);
  return took;
}

/**
 * Times several things in turn, A B C A B C …, after one round that isn't counted: the machine's speed drifts, and
 * what is compared has to drift together.
 */
export function inTurn<Name extends string>(
  runs: number,
  things: Record<Name, () => number>,
): Record<Name, number[]> {
  const names = Object.keys(things) as Name[];
  for (const name of names) things[name]();
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let run = 0; run < runs; run++) {
    for (const name of names) results[name].push(things[name]());
  }
  return results;
}

/** The figures as a table: median, least and most, and the limit where there is one. */
export function table(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const number = (value: number) => value.toFixed(2).padStart(9);
  const head = `${"".padEnd(width)}${["median", "min", "max"].map((word) => word.padStart(10)).join("")}`;
  const rows = figures.map(({ name, unit, values, limit }) => {
    const middle = median(values);
    const verdict = limit === undefined ? "" : `  limit ${limit}${middle <= limit ? "" : "  OVER"}`;
    const columns = [middle, Math.min(...values), Math.max(...values)]
      .map((value) => ` ${number(value)}`)
      .join("");
    return `${name.padEnd(width)}${columns} ${unit}${verdict}`;
  });
  return [head, ...rows].join("\n");
}
