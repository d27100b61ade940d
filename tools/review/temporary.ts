import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Milliseconds that commands get to end by the same signal, before their directory goes. */
const PATIENCE = 200;

/**
 * Does some work in a directory that is removed afterwards, also when the process is told to end.
 *
 * @param prefix what its path starts with
 */
export async function inTemporaryDirectory<T>(
  work: (directory: string) => Promise<T>,
  prefix = join(tmpdir(), "webrtc-genesys-review-"),
): Promise<T> {
  const directory = mkdtempSync(prefix);
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      // Commands that run are ended by the other two only (tools/run.ts).
      if (signal === "SIGHUP") {
        process.emit("SIGTERM", "SIGTERM");
        return;
      }
      setTimeout(() => {
        remove();
        process.exit(128 + constants.signals[signal]);
      }, PATIENCE);
    };
    process.once(signal, handler);
    return [signal, handler] as const;
  });
  // A fault that nobody catches ends the process without the way out below.
  process.once("exit", remove);
  try {
    return await work(directory);
  } finally {
    for (const [signal, handler] of handlers) process.removeListener(signal, handler);
    process.removeListener("exit", remove);
    remove();
  }
}
