import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { OperatorError, runCommand } from "../progress";
import { renderComment, renderFailure, renderFull } from "./render/review";
import { review } from "./review";
import { reaches, type Severity, severities } from "./severity";
import { SynthesisError } from "./synthesize";
import { inTemporaryDirectory } from "./temporary";

const USAGE =
  "usage: npm run review -- [environment…] --base <git ref> [--plan | --plans <directory>] [--output <file>] [--full <file>] [--fail-on <severity>]";

/** Where the uncut review is, for whoever reads a cut one. */
const IN_ARTEFACT = "The whole review is the artefact `review` of this run.";
const BY_HAND = "The whole review: `npm run review` with `--full <file>`.";

/** Exit status of a change that has what --fail-on names. */
const REFUSED = 2;

/**
 * Tells what a change of the project does to each environment, as Markdown on stdout or in --output.
 *
 * Exit status: 0, 1 when there is no review, 2 when a consequence reaches --fail-on.
 */
runCommand(async () => {
  const options = readOptions();
  return inTemporaryDirectory(async (directory) => {
    try {
      const result = await review(options, directory);
      if (options.full !== undefined) write(options.full, renderFull(result));
      write(options.output, renderComment(result, options.full === undefined ? BY_HAND : IN_ARTEFACT));
      return gate(result.changes, options.failOn);
    } catch (error) {
      // Whoever decides at the pull request gets to read it too.
      if (error instanceof SynthesisError) {
        const text = renderFailure(error.side, error.faults);
        for (const file of [options.full, options.output]) if (file !== undefined) write(file, text);
      }
      throw error;
    }
  });
});

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        base: { type: "string" },
        plan: { type: "boolean", default: false },
        plans: { type: "string" },
        output: { type: "string" },
        full: { type: "string" },
        "fail-on": { type: "string" },
      },
    });
    const { base, plan, plans, output, full } = values;
    const failOn = values["fail-on"];
    if (!base)
      throw new OperatorError("--base is missing: name what the change is compared with, such as main");
    if (plan && plans !== undefined)
      throw new OperatorError("--plan makes plans and --plans takes saved ones: use one");
    if (failOn !== undefined && !severities.includes(failOn as Severity)) {
      throw new OperatorError(`--fail-on: '${failOn}' is no severity: ${severities.join(", ")}`);
    }
    return {
      environments: positionals,
      base,
      plan,
      plans: plans === undefined ? undefined : resolve(plans),
      output,
      full,
      failOn: failOn as Severity | undefined,
    };
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
}

function write(file: string | undefined, text: string): void {
  if (file === undefined) process.stdout.write(text);
  else {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    writeFileSync(file, text);
  }
}

function gate(
  changes: readonly { readonly consequences: readonly { readonly severity: Severity }[] }[],
  failOn: Severity | undefined,
): number {
  if (failOn === undefined) return 0;
  const refusing = changes
    .flatMap(({ consequences }) => consequences)
    .filter(({ severity }) => reaches(severity, failOn));
  if (refusing.length === 0) return 0;
  process.stderr.write(`${refusing.length} consequences are ${failOn} or worse (--fail-on ${failOn})\n`);
  return REFUSED;
}
