import type { CallControl } from "../../config";

export type Dialing = CallControl["dialing"];

/** Digits of a number in E.164 form: the shortest that is dialled, and the longest that there is (ITU-T E.164 6.2.1). */
const SHORTEST = 4;
const LONGEST = 15;

/** A way to dial numbers outside. */
export interface OutsidePattern {
  /** Asterisk's pattern for it, with the `_`. */
  readonly pattern: string;
  /** How many characters of what was dialled are left out … */
  readonly skip: number;
  /** … and which digits take their place, so that all digits of the E.164 form are there. */
  readonly country: string;
}

/**
 * Asterisk extension patterns that match the numbers that begin with one of `prefixes`, in every spelling that phones
 * may dial: with `+`, with the international prefix and, where the own country is known, with the national one. What
 * is dialled means what `readNumber` of call-control takes it for: the international prefix goes before the national.
 *
 * No pattern is open at its end: each matches one length, so that nothing can be appended to a number. A prefix that
 * another one begins is left out.
 */
export function outsidePatterns(prefixes: readonly string[], dialing: Dialing): OutsidePattern[] {
  return shortest(prefixes).flatMap((digits) => [
    ...spelled("+", digits, { skip: 1, country: "" }),
    ...spelled(dialing.international, digits, { skip: dialing.international.length, country: "" }),
    ...national(digits, dialing),
  ]);
}

/** E.164 digits without the `+`, none of which begins another. */
function shortest(prefixes: readonly string[]): string[] {
  const all = [...new Set(prefixes.map((prefix) => prefix.slice(1)))].sort();
  return all.filter((one) => !all.some((other) => other !== one && one.startsWith(other)));
}

/** `before`, `digits`, and as many more as a number has. */
function spelled(before: string, digits: string, how: Omit<OutsidePattern, "pattern">): OutsidePattern[] {
  return lengths(digits.length, how.country.length).map((more) => ({
    pattern: `_${before}${digits}${"X".repeat(more)}`,
    ...how,
  }));
}

/** How many digits may follow those of a pattern that has `fixed`, with `left` digits that aren't dialled. */
function lengths(fixed: number, left: number): number[] {
  const from = Math.max(0, SHORTEST - left - fixed);
  const to = LONGEST - left - fixed;
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

function national(digits: string, { international, national: before, country }: Dialing): OutsidePattern[] {
  if (country === undefined) return [];
  if (!digits.startsWith(country) && !country.startsWith(digits)) return [];
  // What begins as an international number does is one.
  if (before.startsWith(international)) return [];
  const how = { skip: before.length, country };
  const rest = digits.slice(country.length);
  if (!international.startsWith(before)) return spelled(before, rest, how);
  const taken = international.slice(before.length);
  return lengths(rest.length, country.length).flatMap((more) => {
    const length = rest.length + more;
    // A number that is shorter than the international prefix can't begin with it.
    const texts = length < taken.length ? [{ text: rest, fixed: rest.length }] : others(rest, taken);
    return texts.map(({ text, fixed }) => ({
      pattern: `_${before}${text}${"X".repeat(length - fixed)}`,
      ...how,
    }));
  });
}

/** Patterns for what begins with `start` and not with `taken`, and how many digits each stands for. */
function others(start: string, taken: string): { text: string; fixed: number }[] {
  if (start.startsWith(taken)) return [];
  if (!taken.startsWith(start)) return [{ text: start, fixed: start.length }];
  return [...taken.slice(start.length)].map((digit, index) => {
    const same = taken.slice(0, start.length + index);
    return { text: `${same}${allBut(digit)}`, fixed: same.length + 1 };
  });
}

/** `[1-9]`, `[0-8]`, `[02-9]`. */
function allBut(digit: string): string {
  const value = Number(digit);
  const range = (from: number, to: number) => (from > to ? "" : from === to ? `${from}` : `${from}-${to}`);
  return `[${range(0, value - 1)}${range(value + 1, 9)}]`;
}
