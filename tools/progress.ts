import { colors } from "./colors";

/** A fault that an operator can act on: printed as it is, without a stack trace. */
export class OperatorError extends Error {}

/**
 * Runs one long step and shows that it goes on: a line that counts seconds on a terminal, two plain lines elsewhere.
 *
 * @param work gets a function that replaces what is shown behind the title
 */
export async function step<T>(
  title: string,
  work: (show: (detail: string) => void) => Promise<T>,
): Promise<T> {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  const live = process.stdout.isTTY === true;
  let detail = "";
  const draw = () => {
    const line = `${title} ${colors.dim(`${seconds()} ${detail}`)}`;
    process.stdout.write(`\r\x1b[K${colors.cyan("·")} ${line.slice(0, (process.stdout.columns ?? 80) + 20)}`);
  };
  const timer = live ? setInterval(draw, 200) : undefined;
  if (!live) process.stdout.write(`· ${title}\n`);
  const finish = (mark: string, note: string) => {
    clearInterval(timer);
    process.stdout.write(`${live ? "\r\x1b[K" : ""}${mark} ${title} ${colors.dim(note)}\n`);
  };
  try {
    const result = await work((text) => {
      detail = text.replaceAll(/\s+/g, " ").trim();
    });
    finish(colors.green("✓"), seconds());
    return result;
  } catch (error) {
    finish(colors.red("✗"), seconds());
    throw error;
  }
}

/** Runs a command's main function: its faults are one readable message on stderr and exit status 1. */
export function runCommand(main: () => Promise<number | undefined>): void {
  main().then(
    (status) => {
      process.exitCode = status ?? 0;
    },
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${colors.red(message)}\n`);
      if (process.env.DEBUG) console.error(error);
      process.exitCode = 1;
    },
  );
}
