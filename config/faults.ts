import { relative, sep } from "node:path";

/** Keys and list indexes from the root of a file to one of its values. */
export type Path = readonly (string | number)[];

/** Something wrong, or for a warning something doubtful, in an environment. */
export interface Fault {
  /** Absent where no file is to blame (an environment variable). */
  readonly file?: string;
  /** Both count from 1; absent where the file could not be read. */
  readonly line?: number;
  readonly column?: number;
  /** `genesys.servers[0].host`; empty for the file as a whole. */
  readonly path: string;
  /** What was found, and what would be right. */
  readonly message: string;
}

/** Lines that `render` prints at most; a file that is wrong in more places is wrong in one. */
const MAX_LINES = 100;

/** Thrown by the loader with every fault that it found, in the order of files and lines. Never empty. */
export class EnvironmentError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const sorted = [...faults].sort(byPlace);
    super(renderFaults(sorted));
    this.name = "EnvironmentError";
    this.faults = sorted;
  }

  /** One line per fault: `file:line:column path: message`. */
  render(): string {
    return renderFaults(this.faults);
  }
}

export function renderFaults(faults: readonly Fault[]): string {
  const lines = faults.slice(0, MAX_LINES).map(renderFault);
  if (faults.length > MAX_LINES) lines.push(`... and ${faults.length - MAX_LINES} more`);
  return lines.join("\n");
}

/** `file:line:column path: message`, without the parts that are absent. */
export function renderFault({ file, line, column, path, message }: Fault): string {
  const place = file === undefined ? "" : [file, line, column].filter((part) => part !== undefined).join(":");
  const start = path === "" ? (place === "" ? "" : `${place}: `) : `${place} ${path}: `.trimStart();
  return start + message;
}

/** `genesys.servers[0].host`; a key that is not a plain word is quoted. */
export function pathText(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\w-]{1,64}$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${show(part)}]`;
  }
  return text;
}

/** How a fault quotes a value: short, and on one line whatever it holds. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a section";
  return typeof value === "string" ? `'${visible(value, 60)}'` : String(value);
}

/** The text, cut to a length. A terminal would obey control characters and hide others: they become escapes. */
export function visible(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
  return cut.replace(
    /[\p{C}\u2028\u2029]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

/** The file as an operator in the working directory would type it. */
export function displayName(file: string): string {
  const name = relative(process.cwd(), file);
  const shown = name === "" || name === ".." || name.startsWith(`..${sep}`) ? file : name;
  return visible(shown, 4096);
}

function byPlace(a: Fault, b: Fault): number {
  const files = (a.file ?? "").localeCompare(b.file ?? "", "en");
  return files || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
