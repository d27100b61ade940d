import { resolve } from "node:path";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { OperatorError } from "../progress";

/** Milliseconds for which the engine may be silent: Postgres has something to do before the first byte comes. */
export const SILENCE = 10 * 60_000;

/**
 * The name of the environment and the options that a command was called with.
 *
 * @throws OperatorError with the usage when they are none
 */
export function parseOptions<Options extends NonNullable<ParseArgsConfig["options"]>>(
  options: Options,
  usage: string,
) {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const [name, ...rest] = positionals;
    if (name !== undefined && rest.length === 0) return { name, values };
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS")) throw error;
  }
  throw new OperatorError(usage);
}

/** An absolute path: npm runs commands in the project, wherever it was called. */
export function fromHere<Path extends string | undefined>(path: Path): Path {
  if (path === undefined) return path;
  return resolve(process.env.INIT_CWD ?? process.cwd(), path) as Path;
}

/** Aborts at the first signal that asks to end, with an error that says what that means. */
export function stopSignal(meaning: string): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => stop.abort(new OperatorError(meaning)));
  return stop.signal;
}
