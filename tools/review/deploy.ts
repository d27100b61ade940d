import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Environment } from "../../config";
import { environmentNamed } from "../arguments";
import { ensureBaseImages } from "../base-images";
import { ensureEngine } from "../engine";
import { OperatorError, runCommand, step } from "../progress";
import { planDifferences, planDigests, plannedActions } from "./plan";
import { planPart } from "./render/environment";
import { inTemporaryDirectory } from "./temporary";
import { synthesizeForTerraform, Terraform } from "./terraform";

const USAGE = "usage: deploy.ts plan|apply <environment> --directory <directory>";

/**
 * Deploys what was approved and nothing else.
 *
 *     deploy.ts plan ENVIRONMENT --directory DIRECTORY   writes plan.md to be read, and plan.json to be compared with
 *     deploy.ts apply ENVIRONMENT --directory DIRECTORY  plans again, and applies when both plans are the same
 *
 * Neither file holds a value of any attribute, so that both can be artefacts.
 */
runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { directory: { type: "string" } },
  });
  const [verb, name, ...rest] = positionals;
  const { directory } = values;
  if ((verb !== "plan" && verb !== "apply") || !name || rest.length > 0 || !directory) {
    throw new OperatorError(USAGE);
  }
  const environment = environmentNamed(name);
  demandSharedState(environment);
  await step("Synthesize", () => synthesizeForTerraform());
  return inTemporaryDirectory(async (temporary) => {
    const terraform = new Terraform(name);
    const file = join(temporary, "plan");
    const plan = await step(`Plan ${name}`, () => terraform.plan(file));
    if (verb === "plan") return publish(name, plan, resolve(directory));
    demandReviewed(planDigests(plan), resolve(directory));
    if (environment.images.source === "build") await ensureBaseImages(await ensureEngine(environment));
    await step(`Deploy ${name}`, (show) => terraform.apply(file, show));
    return 0;
  });
});

/** A state in the checkout of a runner is gone with it: the next plan would make everything anew. */
function demandSharedState({ name, state }: Environment): void {
  if (state.backend !== "local" || !process.env.CI) return;
  throw new OperatorError(
    `environments/${name}.yaml keeps Terraform's state in a file of this checkout: set state.backend to s3, pg or http, so that every run has the same`,
  );
}

function publish(name: string, plan: Parameters<typeof planDigests>[0], directory: string): number {
  const text = `## Plan of ${name}\n\n${planPart(plannedActions(plan), (items) => items)}\n`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "plan.md"), text);
  writeFileSync(join(directory, "plan.json"), `${JSON.stringify(planDigests(plan), null, 2)}\n`);
  // What whoever approves the deployment gets to read.
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (summary) appendFileSync(summary, text);
  return 0;
}

function demandReviewed(now: Record<string, string>, directory: string): void {
  let reviewed: unknown;
  try {
    reviewed = JSON.parse(readFileSync(join(directory, "plan.json"), "utf8"));
  } catch (error) {
    throw new OperatorError(`plan.json of the reviewed plan can't be read: ${(error as Error).message}`);
  }
  if (typeof reviewed !== "object" || reviewed === null || Array.isArray(reviewed)) {
    throw new OperatorError("plan.json holds no plan: make it with 'deploy.ts plan'");
  }
  const differences = planDifferences(reviewed as Record<string, string>, now);
  if (differences.length === 0) return;
  throw new OperatorError(
    `the plan differs from the reviewed one, so nothing was deployed. Plan and approve again:\n${differences.slice(0, 100).join("\n")}`,
  );
}
