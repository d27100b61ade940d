import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";

type Bytes = AsyncIterable<Uint8Array>;

/** Of what a command says on stderr, the last bytes. */
const SAID = 8192;

/**
 * Runs a command in a running container, and hands out what it prints while it does: however much passes, little of it is
 * in memory at once.
 *
 * @param input for its stdin, which stays open when that has passed: the command has to know how much to read
 * @throws Error with what it said on stderr, when it fails
 */
export async function* execute(
  container: Docker.Container,
  command: readonly string[],
  input?: Bytes,
): AsyncGenerator<Buffer> {
  const stdin = input !== undefined;
  const exec = await container.exec({
    Cmd: [...command],
    AttachStdin: stdin,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start(stdin ? { hijack: true, stdin } : {});
  let sourceFault: unknown;
  const fed =
    input &&
    feed(stream, input).catch((error: unknown) => {
      // A command that has ended reads no more: why it did is its own word.
      if (!isClosed(error)) sourceFault = error;
    });
  let said = "";
  try {
    for await (const { isError, data } of frames(stream as Bytes)) {
      if (isError) said = (said + data.toString("utf8")).slice(-SAID);
      else yield data;
    }
  } catch (error) {
    throw sourceFault ?? error;
  } finally {
    stream.destroy();
  }
  await fed;
  if (sourceFault !== undefined) throw sourceFault;
  const status = await exitCode(exec);
  if (status !== 0) throw new Error(said.trim() || `'${command[0]}' ended with ${status}`);
}

/** Everything that a command prints. */
export async function printed(container: Docker.Container, command: readonly string[]): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of execute(container, command)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

async function feed(stream: NodeJS.WritableStream, input: Bytes): Promise<void> {
  try {
    for await (const chunk of input) {
      await new Promise<void>((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
    }
  } catch (error) {
    // The command must not take what has come so far for everything.
    (stream as unknown as { destroy(): void }).destroy();
    throw error;
  }
}

function isClosed(error: unknown): boolean {
  return ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_PREMATURE_CLOSE"].includes(
    (error as NodeJS.ErrnoException).code ?? "",
  );
}

async function exitCode(exec: Docker.Exec): Promise<number | null> {
  // The stream ends a moment before the engine has noted how.
  for (let tries = 0; tries < 50; tries++) {
    const { Running: running, ExitCode: status } = await exec.inspect();
    if (!running) return status;
    await sleep(100);
  }
  return null;
}

/** The engine's stream of frames: one byte for which output it is, three for nothing, four for the length. */
async function* frames(stream: Bytes): AsyncGenerator<{ isError: boolean; data: Buffer }> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const end = 8 + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { isError: rest[0] === 2, data: rest.subarray(8, end) };
      rest = rest.subarray(end);
    }
  }
}
