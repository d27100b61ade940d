import {
  closeSync,
  createWriteStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { OperatorError } from "../progress";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @throws OperatorError when something is there already: a backup never takes the place of another */
export function checkNew(path: string): void {
  if (existsSync(path)) throw new OperatorError(`${path} is there already: nothing was written`);
}

/**
 * Writes a new file that only its owner may read: under another name, until it is whole and on the disk. A signal that asks
 * the process to end does so, and leaves nothing of it.
 *
 * @throws what reading `data` throws, or why it can't be written; nothing is left then
 */
export async function writeNewFile(path: string, data: AsyncIterable<Uint8Array>): Promise<void> {
  checkNew(path);
  const partial = `${path}.partial`;
  const descriptor = openNew(partial);
  const stop = () => {
    rmSync(partial, { force: true });
    process.stderr.write("\nstopped: nothing was written\n");
    process.exit(1);
  };
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    await pipeline(data, createWriteStream(partial, { fd: descriptor, flush: true }));
    checkNew(path);
    renameSync(partial, path);
    sync(dirname(path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, stop);
  }
}

function openNew(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "wx", 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new OperatorError(
      code === "EEXIST"
        ? `${path} is there: another backup is being written to it, or was broken off`
        : `the backup can't be written: ${message}`,
    );
  }
}

/** The new name is on the disk, too. */
function sync(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
