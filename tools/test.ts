import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { environmentNamed, root } from "./arguments";
import { ensureBaseImages } from "./base-images";
import { ensureBrowser } from "./browser";
import { colors } from "./colors";
import { ensureEngine } from "./engine";
import { OperatorError, runCommand } from "./progress";
import { failuresOf, type JestReport } from "./test-report";

const reports = join(root, ".cache", "test");

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** What failed, a line each: the end of a long run shall say it without a search. */
const failures: string[] = [];

/** A command that passes or fails as a whole counts as one test. */
async function single(command: readonly string[]): Promise<Counts> {
  const status = await attached(command);
  if (status !== 0) failures.push(command.join(" "));
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/** A suite of jest.config.js, counted test by test. */
async function jest(project: string, ...options: readonly string[]): Promise<Counts> {
  const report = join(reports, `${project}.json`);
  const status = await attached([
    "jest",
    "--selectProjects",
    project,
    "--json",
    "--outputFile",
    report,
    ...options,
  ]);
  try {
    const result = JSON.parse(readFileSync(report, "utf8")) as JestReport;
    const failed = failuresOf(result, root);
    if (failed.length === 0 && status !== 0) failed.push(`jest ended with status ${status}: see above`);
    failures.push(...failed);
    return { passed: result.numPassedTests, failed: failed.length, skipped: result.numPendingTests };
  } catch {
    failures.push(`jest left no report of the ${project} suite: see above`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** Runs npm or one of the project's own tools on this terminal. Its exit status; 1 where a signal ended it. */
function attached([tool = "", ...args]: readonly string[]): Promise<number> {
  // --json makes jest write its report to stdout too; what people read is on stderr.
  const child = spawn(tool, args, {
    cwd: root,
    env: { ...process.env, PATH: [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter) },
    stdio: ["ignore", tool === "jest" ? "ignore" : "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
}

runCommand(async () => {
  const complete = process.argv.includes("--complete");
  const unknown = process.argv.slice(2).filter((argument) => argument !== "--complete");
  if (unknown.length > 0) throw new OperatorError(`usage: bin/test [--complete], not '${unknown.join(" ")}'`);
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });

  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const part = async (title: string, run: () => Promise<Counts>) => {
    console.log(colors.bold(`\n== ${title}`));
    const started = Date.now();
    const counts = await run();
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
    console.log(`${title}: ${summary(counts)} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
  };

  await part("format and lint", () => single(["biome", "check", "."]));
  await part("types", () => single(["npm", "run", "--silent", "typecheck"]));
  // Most of them wait more than they compute.
  await part("unit tests", () => jest("unit", "--maxWorkers=2"));

  const missing = await localEngine();
  if (missing === undefined) {
    // A test that has failed may leave something open, and nobody shall wait for that: the report is written by then.
    await part("integration tests", () => jest("integration", "--runInBand", "--forceExit"));
    // On a machine that others have used, what is left of their environment stands in the way of this checkout's.
    if (process.env.CI) await attached(["npm", "run", "--silent", "destroy", "--", "local", "--yes"]);
    await part("end-to-end tests", () => jest("e2e", "--runInBand", "--forceExit"));
  } else {
    console.log(colors.yellow(`\nSKIPPED: integration tests, end-to-end tests: ${missing}`));
    total.skipped += 2;
    if (complete) {
      failures.push(`--complete, and no engine: ${missing}`);
      total.failed += 1;
    }
  }
  if (failures.length > 0) console.log(colors.bold("\n== failed"));
  for (const failure of failures) console.log(colors.red(`✗ ${failure}`));
  console.log(summary(total));
  return total.failed > 0 ? 1 : 0;
});

/** Makes Chromium and the engine of environment `local` ready for tests. The reason, when one can't be had. */
async function localEngine(): Promise<string | undefined> {
  try {
    await ensureBrowser();
    await ensureBaseImages(await ensureEngine(environmentNamed("local")));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
