import { join } from "node:path";
import { root } from "../arguments";
import { OperatorError } from "../progress";
import { type Base, checkOutBase, mergeBase } from "./base";
import type { Change } from "./compare/change";
import { compare } from "./compare/compare";
import { consequencesOfPlan } from "./compare/service-consequences";
import type { Deployment } from "./model/deployment";
import { type PlannedAction, plannedActions } from "./plan";
import type { Review } from "./render/review";
import { bySeverity } from "./severity";
import { SynthesisError, synthesize } from "./synthesize";
import { savedPlan, synthesizeForTerraform, Terraform } from "./terraform";
import { unifiedDiffs } from "./unified";

export interface ReviewOptions {
  /** All of them where it is empty. */
  readonly environments: readonly string[];
  readonly base: string;
  /** Ask Terraform for a plan of each environment that the head has. */
  readonly plan: boolean;
  /** Directory of saved plans, `<environment>.json`. */
  readonly plans: string | undefined;
  /** @default the project that this belongs to */
  readonly project?: string;
}

/**
 * Compares the working tree with where its branch left `base`. Everything that is written is in `directory`.
 *
 * @throws OperatorError, SynthesisError
 */
export async function review(options: ReviewOptions, directory: string): Promise<Review> {
  const project = options.project ?? root;
  const commit = await mergeBase(project, options.base);
  const [{ base, before }, after] = await settled([
    checkOutBase(project, options.base, commit, join(directory, "base")).then(async (base) => ({
      base,
      before: await synthesizeBase(base, join(directory, "base-output")),
    })),
    synthesize(project, join(directory, "head-output"), "the working tree"),
  ]);
  const names = chosen(options.environments, before, after);
  const pick = (side: readonly Deployment[]) => side.filter(({ name }) => names.includes(name));
  const changes = compare(pick(before), pick(after));
  const plans = await plansOf(options, pick(after), directory);
  return {
    base: baseOf(base),
    changes: changes.map((change) => withPlan(change, plans.get(change.name))),
    diffs: await unifiedDiffs(changes, join(directory, "diffs")),
    plans,
  };
}

function baseOf({ ref, commit, notes }: Base): Review["base"] {
  return { ref, commit, notes };
}

/** What was noted about the base may be why it fails. */
function synthesizeBase({ ref, directory, notes }: Base, output: string): Promise<Deployment[]> {
  return synthesize(directory, output, `the base ${ref}`).catch((error: Error) => {
    if (!(error instanceof SynthesisError) || notes.length === 0) throw error;
    throw new SynthesisError(error.side, `${error.faults}\n\n${notes.join("\n").replaceAll(/[*`]/g, "")}`);
  });
}

/** Both results, or the first fault once both have ended: nobody writes to a directory that is being removed. */
async function settled<A, B>(work: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<[A, B]>;
}

function chosen(
  wanted: readonly string[],
  before: readonly Deployment[],
  after: readonly Deployment[],
): string[] {
  const known = [...new Set([...before, ...after].map(({ name }) => name))].sort();
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new OperatorError(
      `there is no environment '${unknown}', neither here nor in the base: ${known.join(", ")}`,
    );
  }
  return wanted.length > 0 ? [...wanted] : known;
}

async function plansOf(
  { plan, plans }: ReviewOptions,
  head: readonly Deployment[],
  directory: string,
): Promise<Map<string, PlannedAction[]>> {
  const found = new Map<string, PlannedAction[]>();
  if (plan) await synthesizeForTerraform();
  for (const { name } of head) {
    const json = plan
      ? await new Terraform(name).plan(join(directory, `${name}.tfplan`))
      : plans !== undefined
        ? savedPlan(plans, name)
        : undefined;
    if (json) found.set(name, plannedActions(json));
  }
  return found;
}

/** A plan knows what runs: what only it replaces or destroys is a consequence too. */
function withPlan(change: Change, plan: readonly PlannedAction[] | undefined): Change {
  const more = plan ? consequencesOfPlan(change, plan) : [];
  if (more.length === 0) return change;
  const kind = change.kind === "unchanged" ? "changed" : change.kind;
  return { ...change, kind, consequences: [...change.consequences, ...more].sort(bySeverity) };
}
