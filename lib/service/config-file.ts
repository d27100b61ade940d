import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { z } from "zod";

/** A configuration file is generated text of a few KiB; a thousand DNs make some 100 KiB. */
const maxConfigBytes = 4 * 1024 * 1024;

/** What every service's configuration has: the hash of the release that it belongs to. */
export interface ReleasedConfig {
  readonly release: string;
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    readonly file: string,
    /** One line per fault: path in the file, value, what would be right. */
    readonly faults: readonly string[],
  ) {
    super(`${file}: ${faults.join("; ")}`);
  }
}

/**
 * Reads and validates a configuration file.
 * @throws ConfigError with every fault that was found
 */
export function readConfig<Config>(file: string, schema: z.ZodType<Config>): Config {
  const parsed = schema.safeParse(parseJson(file, readBounded(file)), { reportInput: true });
  if (!parsed.success) throw new ConfigError(file, parsed.error.issues.map(describeIssue));
  return parsed.data;
}

function readBounded(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new ConfigError(file, ["is not a regular file"]);
    if (stat.size > maxConfigBytes) {
      throw new ConfigError(file, [`has ${stat.size} bytes, at most ${maxConfigBytes} are read`]);
    }
    return readFileSync(descriptor, "utf8");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(file, [`cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`]);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the text around the fault, which may be a secret: only the place is taken from it.
    const position = /at position (\d+)/.exec((error as Error).message)?.[1];
    const before = position === undefined ? undefined : text.slice(0, Number(position)).split("\n");
    const place = before && ` at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    throw new ConfigError(file, [`is not JSON${place ?? ""}`]);
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("");
  return `${path === "" ? "(root)" : path}: ${shown(issue)}${issue.message}`;
}

/** The value as it stands in the file, cut short, and never a secret. */
function shown(issue: z.core.$ZodIssue): string {
  const { input, path } = issue;
  if (input === undefined || (typeof input === "object" && input !== null)) return "";
  if (path.some((key) => /secret|password/i.test(String(key)))) return "(not shown) ";
  const text = JSON.stringify(input);
  return `${text.length > 80 ? `${text.slice(0, 80)}...` : text}: `;
}
