import { type DestinationStream, type Logger, pino } from "pino";

/** Keys whose values never reach the log. */
const secretKeys = new Set(["secret", "password", "authorization"]);

/** Levels of objects below a line that are looked through. */
const DEPTH = 3;

const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/**
 * JSON lines on standard output, written at once, so that the last words of a dying process are not lost.
 * @param level from LOG_LEVEL; a word that is no level is answered by one warning and `info`
 */
export function createLogger(service: string, level = "info", destination?: DestinationStream): Logger {
  const known = levels.includes(level);
  const options = {
    level: known ? level : "info",
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => censored(fields, DEPTH),
    },
  };
  const log = pino(options, destination ?? pino.destination({ dest: 1, sync: true }));
  if (!known) log.warn(`LOG_LEVEL ${JSON.stringify(level)} is no level: one of ${levels.join(", ")}`);
  return log;
}

/**
 * The fields without secrets: the same object where it has none. pino's own `redact` does this too, but with paths
 * for nested objects it copies every line once a path, which cost sip-proxy half of its throughput.
 */
function censored(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  let clean = fields;
  for (const key in fields) {
    const value = fields[key];
    let shown = value;
    if (secretKeys.has(key)) shown = "[redacted]";
    else if (depth > 0 && typeof value === "object" && value !== null && !(value instanceof Error)) {
      shown = Array.isArray(value)
        ? value.map((item) => (isPlain(item) ? censored(item, depth - 1) : item))
        : censored(value as Record<string, unknown>, depth - 1);
    }
    if (shown === value) continue;
    if (clean === fields) clean = { ...fields };
    clean[key] = shown;
  }
  return clean;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
