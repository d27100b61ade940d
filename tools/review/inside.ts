import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Runs in a process of its own in the project to be synthesized, which is the working directory: its own loader,
 * its own main.ts, its own rendering. Writes `environments.json` beside what cdktf writes.
 *
 *     node --require tsx/cjs inside.ts OUTPUT
 */
const [output = ""] = process.argv.slice(2);
const project = process.cwd();

const { loadEnvironments } = require(join(project, "config")) as typeof import("../../config");
const { listenersOf } = require(
  join(project, "config", "listeners"),
) as typeof import("../../config/listeners");

try {
  const environments = loadEnvironments("environments").map(({ environment, warnings }) => ({
    environment,
    warnings: warnings.map(({ path, message }) => ({ path, message })),
    listeners: listenersOf(environment).map(({ name, address, port }) => ({ name, address, port })),
  }));
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, "environments.json"), JSON.stringify(environments));
  process.env.CDKTF_OUTDIR = output;
  bundleWithBorrowedPackages();
  require(join(project, "main.ts"));
} catch (error) {
  process.stderr.write(`${faultText(error)}\n`);
  process.exitCode = 1;
}

/** The message, and for a fault of the code where in the project it is. No path of this machine is in it. */
function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Told by its name: the class is the project's own, whichever side it is.
  if (error.name === "EnvironmentError") return error.message;
  const own = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.includes(`${project}/`) && !line.includes("node_modules"));
  return [`${error.name}: ${error.message}`, ...own].join("\n").replaceAll(`${project}/`, "");
}

/**
 * esbuild writes the path of every bundled file into a comment, by its real place. Where node_modules is a link, that
 * place is elsewhere, and the same bundle would get another hash: an image that changes although nothing has changed.
 */
function bundleWithBorrowedPackages(): void {
  let path: string;
  try {
    path = require.resolve("esbuild", { paths: [project] });
  } catch {
    return;
  }
  const esbuild = require(path) as typeof import("esbuild");
  const cached = require.cache[path];
  if (!cached) return;
  cached.exports = {
    ...esbuild,
    buildSync: (options: import("esbuild").BuildOptions) =>
      esbuild.buildSync({ ...options, preserveSymlinks: true }),
  };
}
