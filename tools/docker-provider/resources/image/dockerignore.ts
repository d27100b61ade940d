/** Which files of a build context stay behind: the rules of a .dockerignore file. */
export class DockerIgnore {
  private readonly rules: { readonly exclude: boolean; readonly pattern: RegExp }[];

  /** @param text the file's content, "" when there is none */
  constructor(text: string) {
    this.rules = text
      .split(/\r?\n/)
      .filter((line) => !line.startsWith("#"))
      .map((line) => line.trim())
      .filter((line) => line !== "" && line !== "!")
      .map((line) => ({
        exclude: !line.startsWith("!"),
        pattern: patternOf(line.replace(/^!\s*/, "")),
      }));
  }

  /** True when an exception may bring back something from inside an excluded directory. */
  get hasExceptions(): boolean {
    return this.rules.some((rule) => !rule.exclude);
  }

  /** @param path relative to the context, with slashes. The last rule that matches it, or a directory above it, counts. */
  excludes(path: string): boolean {
    const parts = path.split("/");
    const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
    return this.rules.reduce(
      (excluded, rule) => (prefixes.some((prefix) => rule.pattern.test(prefix)) ? rule.exclude : excluded),
      false,
    );
  }
}

/** A path pattern of Go's filepath.Match, and `**` for any number of directories. */
function patternOf(line: string): RegExp {
  const path = line
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .reduce<string[]>((parts, part) => {
      if (part === ".." && parts.length > 0) parts.pop();
      else if (part !== "..") parts.push(part);
      return parts;
    }, [])
    .join("/");
  let expression = "";
  for (let i = 0; i < path.length; i += 1) {
    const character = path[i] ?? "";
    if (path.startsWith("**", i)) {
      i += 1;
      if (path[i + 1] === "/") {
        i += 1;
        expression += "(?:.*/)?";
      } else expression += ".*";
    } else if (character === "*") expression += "[^/]*";
    else if (character === "?") expression += "[^/]";
    else if (character === "[") {
      const end = path.indexOf("]", i + 2);
      if (end < 0) expression += "\\[";
      else {
        expression += `[${path.slice(i + 1, end).replace(/\\/g, "\\\\")}]`;
        i = end;
      }
    } else if (character === "\\" && i + 1 < path.length) {
      i += 1;
      expression += literal(path[i] ?? "");
    } else expression += literal(character);
  }
  return new RegExp(`^${expression}$`, "s");
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
