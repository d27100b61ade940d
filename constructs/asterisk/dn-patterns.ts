/** Both ends included, both of one length (config/environment.ts). */
export interface DnRange {
  readonly from: string;
  readonly to: string;
}

/**
 * Asterisk extension patterns that match exactly the numbers of `ranges` and nothing else.
 *
 * A range becomes at most two patterns per digit, e.g. 1000-5020: `_[1-4]XXX`, `_50[0-1]X`, `_5020`. Ranges that
 * overlap are joined first, so that no number matches two patterns. The result is sorted.
 *
 * @throws RangeError for a range that is not digits, has ends of different length, or runs downwards
 */
export function dnPatterns(ranges: readonly DnRange[]): string[] {
  const patterns = joined(ranges).flatMap(({ from, to }) => cover(from, to));
  return patterns.map((pattern) => (/^\d+$/.test(pattern) ? pattern : `_${pattern}`)).sort();
}

function joined(ranges: readonly DnRange[]): DnRange[] {
  for (const { from, to } of ranges) {
    if (!/^\d+$/.test(from) || !/^\d+$/.test(to) || from.length !== to.length || from > to) {
      throw new RangeError(
        `'${from}-${to}' is not a range of DNs: digits, both ends of one length, the lower first`,
      );
    }
  }
  // Strings of digits of one length compare as their numbers do.
  const sorted = [...ranges].sort(
    (a, b) => a.from.length - b.from.length || compare(a.from, b.from) || compare(a.to, b.to),
  );
  const result: DnRange[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last && last.to.length === range.from.length && range.from <= next(last.to)) {
      if (range.to > last.to) result[result.length - 1] = { from: last.from, to: range.to };
    } else {
      result.push(range);
    }
  }
  return result;
}

/** Splits at the first digit that differs: what shares `from`'s digit, the digits between, what shares `to`'s. */
function cover(from: string, to: string): string[] {
  if (from === to) return [from];
  if (/^0*$/.test(from) && /^9*$/.test(to)) return ["X".repeat(from.length)];
  const head = from.charAt(0);
  if (head === to.charAt(0)) return cover(from.slice(1), to.slice(1)).map((tail) => head + tail);

  const rest = from.length - 1;
  const low = Number(head);
  const high = Number(to.charAt(0));
  const lowIsWhole = /^0*$/.test(from.slice(1));
  const highIsWhole = /^9*$/.test(to.slice(1));
  const patterns: string[] = [];
  if (!lowIsWhole) patterns.push(...cover(from.slice(1), "9".repeat(rest)).map((tail) => head + tail));
  const first = lowIsWhole ? low : low + 1;
  const last = highIsWhole ? high : high - 1;
  if (first <= last) patterns.push(digits(first, last) + "X".repeat(rest));
  if (!highIsWhole) patterns.push(...cover("0".repeat(rest), to.slice(1)).map((tail) => to.charAt(0) + tail));
  return patterns;
}

function digits(first: number, last: number): string {
  if (first === last) return String(first);
  return first === 0 && last === 9 ? "X" : `[${first}-${last}]`;
}

/** The number after `dn`, of the same length or one longer. */
function next(dn: string): string {
  const successor = (BigInt(dn) + 1n).toString().padStart(dn.length, "0");
  // One digit longer: greater than everything of this length, as a string it must be too.
  return successor.length > dn.length ? ":" : successor;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
