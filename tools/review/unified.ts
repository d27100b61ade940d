import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../run";
import type { Change, FileChange } from "./compare/change";

/** The difference of one rendered file. */
export interface UnifiedDiff {
  readonly service: string;
  readonly path: string;
  readonly added: number;
  readonly removed: number;
  /** From the first `@@` on. */
  readonly lines: readonly string[];
}

const DEADLINE = 60_000;

/** Nobody's own settings of git may change what a review says. */
const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", LC_ALL: "C" };

/**
 * The unified differences of all rendered files of all environments, in the order of the changes.
 *
 * @param directory an empty one of our own, which the files are written to
 * @returns by the environment's name
 */
export async function unifiedDiffs(
  changes: readonly Change[],
  directory: string,
): Promise<ReadonlyMap<string, readonly UnifiedDiff[]>> {
  const numbered = changes.flatMap(({ name, files }) => files.map((file) => ({ name, file })));
  if (numbered.length === 0) return new Map();
  // By numbers: a rendered file's name may be one that no directory takes.
  numbered.forEach(({ file }, at) => {
    write(directory, "a", at, file.before);
    write(directory, "b", at, file.after);
  });
  const output = await run(
    "sh",
    // Status 1 says that there are differences.
    ["-c", 'git "$@" || test $? -eq 1', "sh", ...DIFF, "a", "b"],
    { cwd: directory, env, deadline: DEADLINE },
  );
  const diffs = new Map<string, UnifiedDiff[]>();
  for (const [at, lines] of parse(output)) {
    const entry = numbered[at];
    if (!entry) continue;
    const list = diffs.get(entry.name) ?? [];
    list.push(diffOf(entry.file, lines));
    diffs.set(entry.name, list);
  }
  return diffs;
}

const DIFF = ["diff", "--no-index", "--no-color", "--no-ext-diff", "--no-renames", "--text", "--unified=3"];

function write(directory: string, side: "a" | "b", at: number, text: string | undefined): void {
  if (text === undefined) return;
  // Padded: git compares in the order of names.
  const path = join(directory, side, String(at).padStart(8, "0"));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The lines of each file's hunks, by its number. */
function* parse(output: string): Generator<[number, string[]]> {
  for (const part of output.split(/^diff --git /m).slice(1)) {
    const at = Number(/^\S*\/(\d{8})\b/.exec(part)?.[1]);
    const start = part.indexOf("\n@@ ");
    if (start >= 0)
      yield [
        at,
        part
          .slice(start + 1)
          .replace(/\n$/, "")
          .split("\n"),
      ];
  }
}

function diffOf({ service, path }: FileChange, lines: readonly string[]): UnifiedDiff {
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return { service, path, added: count("+"), removed: count("-"), lines };
}
