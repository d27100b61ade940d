import type { Minute } from "./messages";

/** A piece of a bar: where it begins and how long it is, in shares of the whole. */
export interface Segment<K extends string> {
  readonly key: K;
  readonly value: number;
  readonly from: number;
  readonly share: number;
}

/** The pieces of a stacked bar, in the order of the keys; those of nothing are left out. */
export function segmentsOf<K extends string>(
  keys: readonly K[],
  values: Readonly<Record<K, number>>,
): Segment<K>[] {
  const total = keys.reduce((sum, key) => sum + values[key], 0);
  let from = 0;
  return keys.flatMap((key) => {
    const value = values[key];
    if (value <= 0) return [];
    const segment = { key, value, from, share: value / total };
    from += segment.share;
    return [segment];
  });
}

const minute = 60_000;

/**
 * The last whole minutes before `now`, the oldest first, none missing. The one that runs is left out: it would look as
 * if all calls had just stopped.
 */
export function minutesUntil(now: number, minutes: readonly Minute[], count: number): Minute[] {
  const known = new Map(minutes.map((one) => [Math.floor(Date.parse(one.at) / minute), one]));
  const last = Math.floor(now / minute) - 1;
  return Array.from({ length: count }, (_, n) => {
    const at = last - count + 1 + n;
    return known.get(at) ?? { at: new Date(at * minute).toISOString(), calls: 0, answered: 0, abandoned: 0 };
  });
}

/** The end of an axis from 0 that has room for `most`: 4, 10, 20, 40, 100 … */
export function axisEnd(most: number): number {
  let end = 4;
  for (let n = 0; end < most; n++) end *= [2.5, 2, 2][n % 3] ?? 2;
  return end;
}

/** The path of a line through values that are as far from each other, in a box of that size; 0 is its bottom. */
export function pathOf(values: readonly number[], end: number, width: number, height: number): string {
  const step = width / Math.max(1, values.length - 1);
  const two = (number: number) => Number(number.toFixed(2));
  return values
    .map((value, n) => `${n === 0 ? "M" : "L"}${two(n * step)} ${two(height * (1 - value / end))}`)
    .join("");
}

/** Where a rate and its limit stand on one scale, in shares of that: the limit is in its middle when it can be. */
export function gaugeOf(rate: number, limit: number): { readonly at: number; readonly limitAt: number } {
  const end = Math.max(limit * 2, rate * 1.1, 0.01);
  return { at: rate / end, limitAt: limit / end };
}
