import { median } from "../measure";
import type { Sample } from "./rounds";

/** Whether more is better, and what the figure is held against. */
interface Target {
  readonly words: string;
  met(value: number, tuned: number): boolean;
}

interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly key: keyof Sample;
  readonly target: Target;
}

const timesTuned = (factor: number): Target => ({
  words: factor === 1 ? "≤ the tuned one's" : `${factor > 1 ? "≥" : "≤"} ${factor} × the tuned one's`,
  met: (value, tuned) => (factor > 1 ? value >= factor * tuned : value <= factor * tuned),
});

const figures: readonly Figure[] = [
  { name: "registrations, closed loop, 200 phones", unit: "/s", key: "rate200", target: timesTuned(2) },
  { name: "its CPU per registration, same case", unit: "us", key: "cpu", target: timesTuned(0.45) },
  { name: "registrations, closed loop, 1,000 phones", unit: "/s", key: "rate1000", target: timesTuned(1.3) },
  {
    name: "highest offered rate held, p99 below 50 ms",
    unit: "/s",
    key: "held",
    target: { words: "≥ 5000", met: (value) => value >= 5_000 },
  },
  { name: "p99 of a registration, 1,000/s offered", unit: "ms", key: "p99", target: timesTuned(1) },
  {
    name: "memory per idle registered connection (PSS)",
    unit: "KiB",
    key: "memory",
    target: { words: "≤ 16", met: (value) => value <= 16 },
  },
];

/** Samples of each contender, in the order of the columns; `own` is held against `tuned`. */
export interface Results {
  readonly columns: ReadonlyMap<string, readonly Sample[]>;
  readonly own: string;
  readonly tuned: string;
}

/** Medians, with the least and the most below them. */
export function comparison({ columns, own, tuned }: Results): string {
  const values = (name: string, key: keyof Sample) =>
    (columns.get(name) ?? []).map((sample) => sample[key]).filter((value) => value !== undefined);
  const rows = [["", ...columns.keys(), "target", ""]];
  for (const { name, unit, key, target } of figures) {
    const middle = (column: string) => median(values(column, key));
    const met = target.met(middle(own), middle(tuned));
    rows.push([
      `${name}, ${unit}`,
      ...[...columns.keys()].map((column) => short(middle(column))),
      target.words,
      met ? "met" : "NOT MET",
    ]);
    rows.push(["", ...[...columns.keys()].map((column) => spread(values(column, key))), "", ""]);
  }
  const lost = [...columns].filter(([, samples]) => samples.some((sample) => sample.lost > 0));
  return [
    columnsOf(rows),
    ...lost.map(([name, samples]) => `${name} lost ${samples.reduce((sum, one) => sum + one.lost, 0)}`),
  ].join("\n");
}

function spread(values: readonly number[]): string {
  return values.length < 2 ? "" : `${short(Math.min(...values))}–${short(Math.max(...values))}`;
}

function short(value: number): string {
  return Number.isFinite(value) ? value.toFixed(value < 100 ? 1 : 0) : "-";
}

/** Aligned: the first column to the left, the others to the right. */
export function columnsOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
