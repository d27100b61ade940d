import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Longest password that is taken. */
const LONGEST = 1024;

/**
 * Reads secret files below `directory`, each one line without the line break at its end.
 *
 * @param check throws an Error that says what is wrong with a text
 * @returns name to text
 * @throws Error that names every file that is missing, empty, not one line, or that `check` refuses
 */
export function readSecrets(
  directory: string,
  names: readonly string[],
  check: (name: string, text: string) => void = () => {},
): Map<string, string> {
  const secrets = new Map<string, string>();
  const faults: string[] = [];
  for (const name of names) {
    try {
      const text = checked(readFileSync(join(directory, name), "utf8"));
      check(name, text);
      secrets.set(name, text);
    } catch (error) {
      faults.push(`  ${name}: ${reason(error)}`);
    }
  }
  if (faults.length > 0) {
    const files = faults.length === 1 ? "secret file" : "secret files";
    throw new Error(
      `${faults.length} ${files} can't be used, and nothing was changed:\n${faults.join("\n")}`,
    );
  }
  return secrets;
}

function checked(content: string): string {
  const text = content.replace(/\r?\n$/, "");
  if (text === "") throw new Error("is empty");
  if (/\p{Cc}/u.test(text)) throw new Error("has more than one line, or control characters");
  if (text.length > LONGEST) throw new Error(`is longer than ${LONGEST} characters`);
  return text;
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR")
    return "is missing: put it into secrets.directory on the Docker host";
  return code ? `can't be read (${code})` : message;
}
