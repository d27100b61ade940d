import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { OperatorError } from "./progress";

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds until the command and its children are ended. */
  readonly deadline: number;
  /** Is told every line that the command prints. */
  readonly onLine?: (line: string) => void;
}

/** The last lines that are shown of a command that failed. */
const SHOWN_LINES = 40;

/**
 * Runs a command to its end and returns what it printed on stdout.
 *
 * @throws OperatorError with the last lines of its output, when it fails, can't be started or is late
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const stop = (signal: NodeJS.Signals) => {
    try {
      if (child.pid) process.kill(-child.pid, signal);
    } catch {
      // It has ended already.
    }
  };
  const forward = () => stop("SIGTERM");
  process.once("SIGINT", forward).once("SIGTERM", forward);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop("SIGTERM");
    setTimeout(() => stop("SIGKILL"), 5000).unref();
  }, options.deadline);
  const tail: string[] = [];
  let output = "";
  const follow = (stream: NodeJS.ReadableStream, keep: boolean) => {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      if (keep) output += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines.map(stripVTControlCharacters)) {
        if (line.trim() === "") continue;
        tail.push(line);
        if (tail.length > SHOWN_LINES) tail.shift();
        options.onLine?.(line);
      }
    });
    stream.on("end", () => {
      if (rest) tail.push(stripVTControlCharacters(rest));
    });
  };
  follow(child.stdout, true);
  follow(child.stderr, false);
  const name = [command, ...args].join(" ");
  try {
    const status = await new Promise<number | string>((resolve, reject) => {
      child.on("error", (error) => reject(new OperatorError(`cannot run '${name}': ${error.message}`)));
      child.on("close", (code, signal) => resolve(code ?? signal ?? "an unknown reason"));
    });
    if (late)
      throw new OperatorError(
        `'${name}' did not end within ${options.deadline / 1000} s:\n${tail.join("\n")}`,
      );
    if (status !== 0) throw new OperatorError(`'${name}' ended with ${status}:\n${tail.join("\n")}`);
    return output;
  } finally {
    clearTimeout(timer);
    process.removeListener("SIGINT", forward).removeListener("SIGTERM", forward);
  }
}
