import { median } from "../measure";
import { columnsOf } from "../proxy/figures";
import type { Sample } from "./observe";

/** One kind of switch, as often as it was watched. */
export interface Row {
  readonly name: string;
  readonly samples: readonly Sample[];
  /** Whether it is what has to keep below the limits. */
  readonly held: boolean;
}

interface Column {
  readonly title: string;
  readonly of: (sample: Sample) => number | undefined;
  readonly digits: number;
  /** What it has to stay below; 0: what it has to be. */
  readonly limit: number;
}

const COLUMNS: readonly Column[] = [
  { title: "calls dropped", of: ({ dropped }) => dropped, digits: 0, limit: 0 },
  { title: "audio gap, ms", of: ({ gap }) => gap?.late, digits: 0, limit: 200 },
  { title: "of it lost", of: ({ gap }) => gap?.missing, digits: 0, limit: 200 },
  { title: "DN unregistered, ms", of: ({ unregistered }) => unregistered, digits: 0, limit: 1000 },
  { title: "whole, s", of: ({ took }) => took, digits: 1, limit: 30 },
];

/** The medians, with the most behind them. Limits are held against the most: one call that drops is one too many. */
export function switchTable(rows: readonly Row[]): string {
  const cells = rows.map(({ name, samples, held }) => [
    name,
    ...COLUMNS.map((column) => cell(column, samples, held)),
  ]);
  return columnsOf([
    ["", ...COLUMNS.map(({ title }) => title)],
    ...cells,
    ["limit", ...COLUMNS.map(({ limit }) => (limit === 0 ? "0" : `below ${limit}`))],
  ]);
}

function cell({ of, digits, limit }: Column, samples: readonly Sample[], held: boolean): string {
  const values = samples.map(of).filter((value) => value !== undefined);
  // No call stayed up whose sound could have had a gap.
  if (values.length === 0) return "none";
  const most = Math.max(...values);
  const isMet = limit === 0 ? most === 0 : most < limit;
  const text =
    values.length === 1
      ? most.toFixed(digits)
      : `${median(values).toFixed(digits)} (${most.toFixed(digits)})`;
  return held && !isMet ? `${text} OVER` : text;
}
