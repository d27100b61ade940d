import { writeSync } from "node:fs";

/** Characters that are gathered before they are written. */
const BATCH = 8_192;

/** Milliseconds that a line waits at most, and between two tries when nobody reads. */
const DELAY = 100;

/** Bytes that wait for a reader at most; what comes on top is lost, and counted. */
const MAX_WAITING = 1_048_576;

/**
 * Writes lines to a file descriptor, many at a time: a system call for each costs more than making it. Urgent lines
 * are written at once. A pipe that nobody empties never stops the process.
 */
export class LineWriter {
  private lines = "";
  private waiting: Buffer | undefined;
  private lost = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly descriptor: number) {}

  write(line: string, urgent = false): void {
    this.lines += line;
    if (urgent || this.lines.length >= BATCH) this.flush();
    else this.later();
  }

  /** Writes what has been gathered, as far as there is room for it. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.take();
    while (this.waiting !== undefined) {
      const written = this.attempt(this.waiting);
      if (written === undefined) {
        this.later();
        return;
      }
      this.waiting = written === this.waiting.length ? undefined : this.waiting.subarray(written);
      this.take();
    }
  }

  private later(): void {
    this.timer ??= setTimeout(() => this.flush(), DELAY).unref();
  }

  /** Moves lines to where they wait for the descriptor. */
  private take(): void {
    if (this.waiting !== undefined && this.waiting.length > MAX_WAITING) {
      this.lost += this.lines.split("\n").length - 1;
      this.lines = "";
      return;
    }
    if (this.lost > 0 && this.waiting === undefined) {
      this.lines = `{"level":"warn","msg":"${this.lost} lines of the log were lost: nobody read them"}\n${this.lines}`;
      this.lost = 0;
    }
    if (this.lines === "") return;
    const bytes = Buffer.from(this.lines);
    this.waiting = this.waiting === undefined ? bytes : Buffer.concat([this.waiting, bytes]);
    this.lines = "";
  }

  /** @returns bytes written; undefined: there is no room now */
  private attempt(bytes: Buffer): number | undefined {
    try {
      return writeSync(this.descriptor, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
      // The reader is gone for good (EPIPE), or the disk is full: the service matters more than its log.
      return bytes.length;
    }
  }
}
