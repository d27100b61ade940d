import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { OperatorError } from "../../progress";

const MEBIBYTE = 1 << 20;

/** What a file starts with that is no text, and what makes one of it. */
const FORMATS: readonly [magic: Buffer, what: string][] = [
  [Buffer.from([0x1f, 0x8b]), "is compressed: gunzip it"],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), "is compressed: unxz it"],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), "is compressed: unzstd it"],
  [Buffer.from("PGDMP"), "is a dump in pg_dump's own format: make SQL of it, with pg_restore -f dump.sql"],
];

/**
 * The content of a regular file with text.
 *
 * @param most bytes
 * @throws OperatorError that names the file and says what is wrong with it
 */
export function readInput(path: string, most: number): Buffer {
  let descriptor: number | undefined;
  try {
    // Opening a named pipe would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new OperatorError(`${path} is not a file`);
    if (status.size > most) {
      const size = `${Math.ceil(status.size / MEBIBYTE)} MiB`;
      throw new OperatorError(`${path} has ${size}, and at most ${Math.floor(most / MEBIBYTE)} MiB are read`);
    }
    return checked(path, readUpTo(descriptor, status.size));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof OperatorError || code === undefined) throw error;
    throw new OperatorError(code === "ENOENT" ? `${path} does not exist` : `${path} can't be read (${code})`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readUpTo(descriptor: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const count = readSync(descriptor, buffer, length, size - length, null);
    if (count === 0) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

function checked(path: string, content: Buffer): Buffer {
  const format = FORMATS.find(([magic]) => content.subarray(0, magic.length).equals(magic));
  if (format !== undefined) throw new OperatorError(`${path} ${format[1]}`);
  if (content.includes(0)) throw new OperatorError(`${path} is no text in UTF-8: it has NUL bytes`);
  return content;
}

/** The same as text, which has to be UTF-8. */
export function readText(path: string, most: number): string {
  const content = readInput(path, most);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new OperatorError(
      `${path} is not UTF-8: convert it, with iconv -f latin1 -t utf-8 where it is older than that`,
    );
  }
}
