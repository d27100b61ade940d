import type { Context } from "../../resource";

/** Bytes of a container's output that are kept: the last ones. A state file is no log store. */
export const LOGS_LIMIT = 1024 * 1024;

/**
 * A container's output, standard output and error in the order in which they were written.
 *
 * @param options.lines only so many of the last lines; all when left out
 * @param options.follow until the container ends
 */
export async function readLogs(
  { engine, signal }: Context,
  id: string,
  tty: boolean,
  options: { readonly lines?: number; readonly follow?: boolean } = {},
): Promise<string> {
  const stream = await engine.stream(`/containers/${id}/logs`, {
    query: { stdout: true, stderr: true, tail: options.lines ?? "all", follow: options.follow ?? false },
    deadline: options.follow ? 0 : undefined,
    signal,
  });
  const tail = new Tail(LOGS_LIMIT);
  const demultiplexer = new Demultiplexer((part) => tail.add(part));
  for await (const chunk of stream) {
    if (tty) tail.add(chunk as Buffer);
    else demultiplexer.add(chunk as Buffer);
  }
  return tail.text();
}

/** The last lines of a container's output, for a message; "" when they can't be had. */
export async function lastLines(context: Context, id: string, tty: boolean, lines = 20): Promise<string> {
  try {
    return (await readLogs(context, id, tty, { lines })).trim();
  } catch {
    return "";
  }
}

/**
 * Takes the engine's stream of frames apart: one byte for the stream, three for nothing, four for the length in
 * network order, then as many bytes of output.
 */
export class Demultiplexer {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly output: (part: Buffer) => void) {}

  add(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= 8) {
      const end = 8 + this.rest.readUInt32BE(4);
      if (this.rest.length < end) return;
      this.output(this.rest.subarray(8, end));
      this.rest = this.rest.subarray(end);
    }
  }
}

/** Keeps the last bytes of what it is given. */
export class Tail {
  private parts: Buffer[] = [];
  private size = 0;
  private cut = false;

  constructor(private readonly limit: number) {}

  add(part: Buffer): void {
    this.parts.push(part);
    this.size += part.length;
    while (this.size - (this.parts[0]?.length ?? 0) >= this.limit) {
      this.size -= this.parts.shift()?.length ?? 0;
      this.cut = true;
    }
  }

  text(): string {
    const all = Buffer.concat(this.parts);
    if (!this.cut && all.length <= this.limit) return all.toString("utf8");
    return `[earlier output is left out]\n${all.subarray(-this.limit).toString("utf8")}`;
  }
}
