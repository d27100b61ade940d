import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "../progress";
import { run } from "../run";

/** The side that a change is compared with. */
export interface Base {
  /** As the operator named it. */
  readonly ref: string;
  /** The commit that the comparison starts from: where the working tree's branch left `ref`. */
  readonly commit: string;
  /** The commit's files. */
  readonly directory: string;
  /** What a reader has to know about how it was made; empty as a rule. */
  readonly notes: readonly string[];
}

const GIT_DEADLINE = 60_000;
const INSTALL_DEADLINE = 5 * 60_000;

/**
 * Writes the files of a commit to `directory`, but for its tests: they are a third of them, and no part of a synthesis.
 *
 * They are written with an index of their own and not by `git worktree add`: so nothing is registered in the
 * repository that an unlucky end (SIGKILL, a full disk) would leave behind there.
 *
 * @param ref as the operator named it
 * @param commit what `mergeBase` found for it
 */
export async function checkOutBase(
  project: string,
  ref: string,
  commit: string,
  directory: string,
): Promise<Base> {
  const env = { ...process.env, GIT_INDEX_FILE: `${directory}.index` };
  mkdirSync(directory, { recursive: true });
  const own = ["-c", "core.hooksPath=/dev/null", `--work-tree=${directory}`];
  await run("git", [...own, "checkout", "--quiet", commit, "--", ".", ":(exclude)__tests__"], {
    cwd: project,
    env,
    deadline: GIT_DEADLINE,
  });
  return { ref, commit, directory, notes: await provideModules(project, directory) };
}

/**
 * Where the working tree's branch left `ref`: the commit that the comparison starts from.
 *
 * @throws OperatorError when there is no such commit, or none in common
 */
export async function mergeBase(project: string, ref: string): Promise<string> {
  const git = (...args: string[]) => run("git", args, { cwd: project, deadline: GIT_DEADLINE });
  const tip = await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`).catch(
    () => {
      throw new OperatorError(
        `--base: '${ref}' is no commit here: name a branch, a tag or a commit, such as main`,
      );
    },
  );
  const common = await git("merge-base", tip.trim(), "HEAD").catch(() => {
    throw new OperatorError(
      `--base: '${ref}' and HEAD have no commit in common here: in a shallow clone, fetch the history first (git fetch --unshallow)`,
    );
  });
  return common.trim();
}

/**
 * Gives the base its npm packages: the head's own where the lock file is the same; otherwise those of its own lock
 * file, installed for it; and where that is not possible the head's, with a note that says what is lost.
 */
async function provideModules(project: string, directory: string): Promise<string[]> {
  const lock = (at: string) => readFileSync(join(at, "package-lock.json"), "utf8");
  const borrow = () => symlinkSync(join(project, "node_modules"), join(directory, "node_modules"));
  if (!existsSync(join(directory, "package-lock.json")) || lock(directory) === lock(project)) {
    borrow();
    shareBundles(project, directory);
    return [];
  }
  try {
    await run(
      "npm",
      ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
      {
        cwd: directory,
        deadline: INSTALL_DEADLINE,
      },
    );
    return [
      "`package-lock.json` has changed: the base was synthesized with the packages of its own lock file, installed for this review.",
    ];
  } catch (error) {
    process.stderr.write(`the base's npm packages: ${(error as Error).message}\n`);
    if (!existsSync(join(directory, "node_modules"))) borrow();
    return [
      "`package-lock.json` has changed, and the base's packages can't be installed here: the base was synthesized with the head's. **An image that changes by its npm packages alone is not seen.** `npm ci` has to reach a registry for that.",
    ];
  }
}

/**
 * Bundles are named by the hash of their sources: those of the head serve the base too, where nothing has changed.
 * They are linked one by one, so that what the base bundles stays its own.
 */
function shareBundles(project: string, directory: string): void {
  const [from, to] = [project, directory].map((at) => join(at, ".cache", "contexts")) as [string, string];
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  const made = readdirSync(from).filter((name) => !name.startsWith("staging-"));
  for (const name of made) symlinkSync(join(from, name), join(to, name));
}
