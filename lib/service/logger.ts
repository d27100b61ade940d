import { type DestinationStream, type Logger, pino } from "pino";

/** Keys whose values never reach the log, at any of the depths that log lines have. */
const secretKeys = ["secret", "password", "authorization"];
const secretPaths = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`]);

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
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretPaths, censor: "[redacted]" },
  };
  const log = pino(options, destination ?? pino.destination({ dest: 1, sync: true }));
  if (!known) log.warn(`LOG_LEVEL ${JSON.stringify(level)} is no level: one of ${levels.join(", ")}`);
  return log;
}
