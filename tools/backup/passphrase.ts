import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { OperatorError } from "../progress";

/** A file with it is guessed at, by whoever gets hold of it, as fast as they can pay for. */
const SHORTEST = 12;
const LONGEST = 1024;

export interface PassphraseSource {
  /** A file with it in its first line. */
  readonly file?: string;
  /** @default process.stdin: asked for on a terminal, else its first line */
  readonly stdin?: NodeJS.ReadStream;
}

/** One for a new backup: on a terminal it is asked for twice. */
export async function choosePassphrase(source: PassphraseSource): Promise<string> {
  const passphrase = await from(source, ["Passphrase of the backup: ", "Again: "]);
  if (passphrase.length < SHORTEST) {
    throw new OperatorError(
      `the passphrase is shorter than ${SHORTEST} characters: four words that nobody would put together are good`,
    );
  }
  return passphrase;
}

/** The one of a backup that is there. */
export function givenPassphrase(source: PassphraseSource): Promise<string> {
  return from(source, ["Passphrase of the backup: "]);
}

async function from(
  { file, stdin = process.stdin }: PassphraseSource,
  prompts: readonly string[],
): Promise<string> {
  if (file !== undefined) return firstLine(read(file), file);
  if (stdin.isTTY) return typed(stdin, prompts);
  return firstLine(await piped(stdin), "stdin, which is no terminal,");
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new OperatorError(`the passphrase can't be read: ${(error as Error).message}`);
  }
}

function firstLine(text: string, where: string): string {
  const line = text.split(/\r?\n/)[0] ?? "";
  if (line === "") throw new OperatorError(`${where} has no passphrase in its first line`);
  if (line.length > LONGEST) throw new OperatorError(`the passphrase is longer than ${LONGEST} characters`);
  return line;
}

/** Asks without an echo. */
async function typed(stdin: NodeJS.ReadStream, prompts: readonly string[]): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: silent, terminal: true });
  const stopped = new AbortController();
  terminal.on("SIGINT", () => stopped.abort()).on("close", () => stopped.abort());
  try {
    const answers: string[] = [];
    for (const prompt of prompts) {
      process.stderr.write(prompt);
      answers.push(await terminal.question("", { signal: stopped.signal }));
      process.stderr.write("\n");
    }
    if (new Set(answers).size > 1) throw new OperatorError("these are two different passphrases");
    return firstLine(answers[0] ?? "", "the terminal");
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
    process.stderr.write("\n");
    throw new OperatorError("no passphrase was given");
  } finally {
    terminal.close();
  }
}

async function piped(stdin: AsyncIterable<Buffer | string>): Promise<string> {
  let text = "";
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.includes("\n") || text.length > LONGEST + 1) break;
  }
  return text;
}
