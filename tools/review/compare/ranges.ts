import { type DnRange, rangeText } from "../../../config";

/** Longer lists are cut: what is left out stands in the full review. */
const SHOWN = 12;

/** Numbers as few ranges as possible, in order: 1002, 1003, 1005 make 1002-1003 and 1005. */
export function rangesOf(numbers: readonly string[]): DnRange[] {
  const ranges: { from: string; to: string }[] = [];
  for (const number of [...numbers].sort(byNumber)) {
    const last = ranges.at(-1);
    const follows = last && last.to.length === number.length && BigInt(last.to) + 1n === BigInt(number);
    if (follows) last.to = number;
    else ranges.push({ from: number, to: number });
  }
  return ranges;
}

/** What lies in `ranges` and in none of `without`. */
export function subtract(ranges: readonly DnRange[], without: readonly DnRange[]): DnRange[] {
  return ranges.flatMap((range) => {
    let rest = [range];
    for (const hole of without.filter(({ from }) => from.length === range.from.length)) {
      rest = rest.flatMap((part) => cut(part, hole));
    }
    return rest;
  });
}

function cut(part: DnRange, hole: DnRange): DnRange[] {
  if (hole.to < part.from || hole.from > part.to) return [part];
  const length = part.from.length;
  const text = (number: bigint) => number.toString().padStart(length, "0");
  return [
    ...(hole.from > part.from ? [{ from: part.from, to: text(BigInt(hole.from) - 1n) }] : []),
    ...(hole.to < part.to ? [{ from: text(BigInt(hole.to) + 1n), to: part.to }] : []),
  ];
}

/** `1002, 1003, 5001-5020`; two neighbours are two numbers. */
export function rangesText(ranges: readonly DnRange[]): string {
  const words = ranges.flatMap((range) =>
    range.from.length === range.to.length && BigInt(range.to) - BigInt(range.from) === 1n
      ? [range.from, range.to]
      : [rangeText(range)],
  );
  const more = words.length - SHOWN;
  return words.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** As `rangesText`, with the count where it can't be seen at a glance. */
export function numbersText(numbers: readonly string[]): string {
  const text = rangesText(rangesOf(numbers));
  return numbers.length > 4 ? `${text} (${numbers.length})` : text;
}

function byNumber(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
