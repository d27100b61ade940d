import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { displayName } from "../../../config";
import { OperatorError } from "../../progress";
import { type ConfText, IncludeRefused } from "./asterisk-conf";
import { readText } from "./input-file";

/** Where Asterisk's files usually are: an #include names a file there, and the import has a copy of it elsewhere. */
const USUAL_DIRECTORY = "/etc/asterisk";
/** Bytes of all files, and how many there may be; an #include may read one again. */
const MOST_BYTES = 64 << 20;
const MOST_FILES = 2000;

/**
 * The file that is imported, and what it includes: only what lies in its directory or below, as regular files. Asterisk
 * looks for what an #include names in the directory of its configuration, whichever file the #include stands in.
 */
export class ConfFiles {
  public readonly main: ConfText;
  private readonly directory: string;
  private bytes = 0;
  private files = 0;

  /** @throws OperatorError when the file can't be read */
  constructor(path: string) {
    this.directory = resolve(dirname(path));
    this.main = this.text(resolve(path));
  }

  /**
   * The files that a pattern names, by their names.
   *
   * @throws IncludeRefused for a pattern that leads out of the directory, or a file that can't be read
   * @throws OperatorError when all together are too much
   */
  public include(pattern: string): ConfText[] {
    return alternatives(pattern)
      .flatMap((each) => matching(this.directory, this.within(each).split(sep)))
      .filter((each) => statSync(each).isFile())
      .map((each) => {
        try {
          return this.text(each);
        } catch (error) {
          if (!(error instanceof OperatorError) || error instanceof TooMuch) throw error;
          throw new IncludeRefused(error.message);
        }
      });
  }

  private within(pattern: string): string {
    const fromUsual = pattern.startsWith(`${USUAL_DIRECTORY}/`) && pattern.slice(USUAL_DIRECTORY.length + 1);
    const absolute = fromUsual ? join(this.directory, fromUsual) : resolve(this.directory, pattern);
    const path = relative(this.directory, absolute);
    if (path === "" || path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path)) {
      throw new IncludeRefused(
        `it is outside ${displayName(this.directory)}: copy it there, and include it from there`,
      );
    }
    return path;
  }

  private text(path: string): ConfText {
    this.files += 1;
    if (this.files > MOST_FILES) throw new TooMuch(`more than ${MOST_FILES} files are included`);
    if (this.bytes >= MOST_BYTES)
      throw new TooMuch(`the files have more than ${MOST_BYTES >> 20} MiB in all`);
    const text = readText(path, MOST_BYTES - this.bytes);
    this.bytes += Buffer.byteLength(text);
    return { file: displayName(path), text };
  }
}

class TooMuch extends OperatorError {}

/** `a{b,c}d` is `abd` and `acd`, as in glob(3) with GLOB_BRACE; braces in braces are not taken. */
function alternatives(pattern: string): string[] {
  const [, before = "", list, after = ""] = /^([^{]*)\{([^{}]*)\}(.*)$/s.exec(pattern) ?? [];
  if (list === undefined) return [pattern];
  const rest = alternatives(after);
  return list.split(",").flatMap((word) => rest.map((end) => before + word + end));
}

/** Paths below `directory` that match the segments of a glob(3) pattern, sorted. */
function matching(directory: string, [segment = "", ...rest]: readonly string[]): string[] {
  const names = /[*?[]/.test(segment)
    ? entries(directory)
        .filter((name) => matches(name, segment))
        .sort()
    : [segment];
  const paths = names.map((name) => join(directory, name)).filter((path) => existsSync(path));
  return rest.length === 0 ? paths : paths.flatMap((path) => matching(path, rest));
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** `*`, `?`, `[a-z]` and `[!a-z]` within a name; a leading dot is matched by a dot only. */
function matches(name: string, pattern: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  const source = pattern.replace(/\[(!?)([^\]/\\]+)\]|\*+|[\s\S]/g, (part, not?: string, set?: string) => {
    if (set !== undefined) return `[${not ? "^" : ""}${set.replaceAll("^", "\\^")}]`;
    if (part.startsWith("*")) return ".*";
    if (part === "?") return ".";
    return part.replace(/[\\^$.|+(){}[\]]/, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`, "s").test(name);
  } catch {
    return false;
  }
}
