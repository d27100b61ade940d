import { LineWriter } from "./line-writer";

/** What a line tells beside its words: plain values, or small objects. `undefined` is left out. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Fields first, then plain words. */
export interface LogMethod {
  (fields: LogFields, text: string): void;
  (text: string): void;
}

const levels = ["debug", "info", "warn", "error", "fatal"] as const;
type Level = (typeof levels)[number];

export type Logger = Readonly<Record<Level, LogMethod>>;

/** Keys whose values never reach the log. */
const secretKeys = new Set(["secret", "password", "authorization"]);

/** Characters of a text that reach the log: what a peer sent may be long. */
const MAX_TEXT = 8_192;

/**
 * JSON lines: level, time, service, the fields, and the words as `msg`. Made here because sip-proxy writes several
 * lines for each registration, thousands a second, and pino took a quarter of its time with them.
 * @param level from LOG_LEVEL; a word that is no level, nor `silent`, is answered by one warning and `info`
 * @param write takes whole lines. @default standard output, gathered: see LineWriter
 */
export function createLogger(service: string, level = "info", write = toStandardOutput()): Logger {
  const known = level === "silent" || levels.includes(level as Level);
  const least = level === "silent" ? levels.length : levels.indexOf(known ? (level as Level) : "info");
  const name = `","service":${JSON.stringify(service)}`;
  const time = isoClock();
  const method =
    (index: number, own: Level): LogMethod =>
    (fields: LogFields | string, text?: string) => {
      if (index < least) return;
      const head = `{"level":"${own}","time":"${time()}${name}`;
      const members = typeof fields === "string" ? "" : membersOf(fields);
      const words = textOf(typeof fields === "string" ? fields : (text ?? ""));
      write(`${head}${members},"msg":${words}}\n`, own !== "debug" && own !== "info");
    };
  const log = Object.fromEntries(levels.map((own, index) => [own, method(index, own)])) as Logger;
  if (!known) log.warn(`LOG_LEVEL ${JSON.stringify(level)} is no level: one of ${levels.join(", ")}, silent`);
  return log;
}

function toStandardOutput(): (line: string, urgent: boolean) => void {
  const writer = new LineWriter(1);
  process.once("exit", () => writer.flush());
  return (line, urgent) => writer.write(line, urgent);
}

/** Many lines share a millisecond, and making its text costs as much as the rest of a line. */
function isoClock(): () => string {
  let at = 0;
  let text = "";
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = new Date(now).toISOString();
    }
    return text;
  };
}

/** With a comma in front. */
function membersOf(fields: LogFields): string {
  let text = "";
  for (const key in fields) {
    const value = fields[key];
    if (value === undefined) continue;
    text += `,"${key}":${secretKeys.has(key) ? CENSORED : jsonOf(value)}`;
  }
  return text;
}

function jsonOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return textOf(value);
    case "number":
    case "boolean":
      return Number.isNaN(value) || !Number.isFinite(Number(value)) ? "null" : String(value);
    case "object":
      return value === null ? "null" : textOfObject(value);
    default:
      return textOf(String(value));
  }
}

const CENSORED = '"[redacted]"';

/** Printable ASCII without quotes and backslashes: as it stands. */
const PLAIN = /^[ !#-[\]-~]*$/;

function textOf(text: string): string {
  const short = text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}...`;
  return PLAIN.test(short) ? `"${short}"` : JSON.stringify(short);
}

function textOfObject(value: object): string {
  try {
    const json = JSON.stringify(value, (key, inner: unknown) => {
      if (secretKeys.has(key)) return "[redacted]";
      if (inner instanceof Error)
        return { ...inner, type: inner.name, message: inner.message, stack: inner.stack };
      return typeof inner === "bigint" ? String(inner) : inner;
    });
    return json.length <= MAX_TEXT ? json : textOf(json);
  } catch (error) {
    return textOf(`not to be shown: ${(error as Error).message}`);
  }
}
