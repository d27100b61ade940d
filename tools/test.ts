import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { environmentNamed, root } from "./arguments";
import { ensureBaseImages } from "./base-images";
import { ensureBrowser } from "./browser";
import { colors } from "./colors";
import { ensureEngine } from "./engine";
import { OperatorError, runCommand } from "./progress";

const reports = join(root, ".cache", "test");

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** A command that passes or fails as a whole counts as one test. */
async function single(command: readonly string[]): Promise<Counts> {
  const status = await attached(command);
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
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return {
      passed: numPassedTests,
      failed: failed > 0 || status === 0 ? failed : 1,
      skipped: numPendingTests,
    };
  } catch {
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
    await part("end-to-end tests", () => jest("e2e", "--runInBand", "--forceExit"));
  } else {
    console.log(colors.yellow(`\nSKIPPED: integration tests, end-to-end tests: ${missing}`));
    total.skipped += 2;
    if (complete) total.failed += 1;
  }
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
