const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** A duration such as "1m30s" in nanoseconds; 0 for "" and "0". */
export function nanoseconds(duration: string): number {
  let sum = 0;
  for (const [, number, unit = "ns"] of duration.matchAll(/([0-9.]+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(number) * (UNITS[unit] ?? 0);
  return Math.round(sum);
}

/** The reverse, in the notation that the real provider records: "1m30s", "500ms", "0s". */
export function durationText(value: number): string {
  if (value === 0) return "0s";
  if (value < 1e3) return `${value}ns`;
  if (value < 1e6) return `${value / 1e3}µs`;
  if (value < 1e9) return `${value / 1e6}ms`;
  const hours = Math.floor(value / 3600e9);
  const minutes = Math.floor((value % 3600e9) / 60e9);
  const seconds = (value % 60e9) / 1e9;
  return `${hours ? `${hours}h` : ""}${hours || minutes ? `${minutes}m` : ""}${seconds}s`;
}
