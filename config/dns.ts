import type { Dn, DnRange } from "./environment";

/** A bound on what one environment may list; beyond it a range is more likely a typing error. */
export const MAX_DNS = 10_000;

/** One item of `dns` as the file has it: a range, which for a single DN has two equal ends. */
export interface DnEntry extends DnRange {
  readonly displayName?: string;
}

/** Whether the DN lies in the range. Numbers of another length do not: 01002 is not in 1000-5020. */
export function inRange(dn: string, { from, to }: DnRange): boolean {
  return dn.length === from.length && dn >= from && dn <= to;
}

export function inRanges(dn: string, ranges: readonly DnRange[]): boolean {
  return ranges.some((range) => inRange(dn, range));
}

/** `5001-5020`, or `1002` where both ends are equal. */
export function rangeText({ from, to }: DnRange): string {
  return from === to ? from : `${from}-${to}`;
}

/** How many DNs the range has; a bigint, because a DN may have 20 digits. */
export function rangeSize({ from, to }: DnRange): bigint {
  return BigInt(to) - BigInt(from) + 1n;
}

/** Every number of the range, in order, leading zeros kept. The caller bounds it with `rangeSize`. */
export function* rangeNumbers({ from, to }: DnRange): Generator<string> {
  if (from === to) {
    yield from;
    return;
  }
  const last = BigInt(to);
  for (let number = BigInt(from); number <= last; number++) {
    yield number.toString().padStart(from.length, "0");
  }
}

/** The DNs of a checked list, in its order. */
export function expandDns(entries: readonly DnEntry[]): Dn[] {
  return entries.flatMap((entry) => {
    const name = entry.displayName === undefined ? {} : { displayName: entry.displayName };
    return Array.from(rangeNumbers(entry), (number) => ({ number, ...name }));
  });
}

/**
 * Reads `5001-5020`; both ends have 1 to 20 digits already.
 * A range is given as text in the error: what is wrong, and what would be right.
 */
export function parseRange(text: string): DnRange | { readonly fault: string } {
  const [from = "", to = from] = text.split("-");
  if (from.length !== to.length) {
    return { fault: `'${text}' joins numbers of different lengths: write one range for each length` };
  }
  if (from > to) return { fault: `'${text}' is upside down: write ${to}-${from}` };
  return { from, to };
}
