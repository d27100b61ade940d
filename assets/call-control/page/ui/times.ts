const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clockFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const minuteFormat = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const countFormat = new Intl.NumberFormat();

/** Date and time to the second, in the reader's own way. */
export function exact(at: string): string {
  return exactFormat.format(Date.parse(at));
}

const briefFormat = new Intl.DateTimeFormat(undefined, {
  ...{ month: "short", day: "numeric" },
  ...{ hour: "numeric", minute: "2-digit", second: "2-digit" },
});

/** Date without its year, and time to the second, for where there is little room. */
export function brief(at: string): string {
  return briefFormat.format(Date.parse(at));
}

/** The time of day to the second. */
export function clock(at: number): string {
  return clockFormat.format(at);
}

/** The time of day to the minute. */
export function shortClock(at: number): string {
  return minuteFormat.format(at);
}

export function count(number: number): string {
  return countFormat.format(number);
}
