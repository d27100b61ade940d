import { existsSync } from "node:fs";
import { join } from "node:path";
import { isAlias, isMap, parseDocument, visit } from "yaml";

const root = join(__dirname, "..", "..", "..", "..");

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly "runs-on"?: unknown;
  readonly "timeout-minutes"?: unknown;
  readonly permissions?: unknown;
  readonly needs?: string | readonly string[];
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on?: unknown;
  readonly permissions?: unknown;
  readonly jobs?: Readonly<Record<string, Job>>;
}

const KEYS = {
  workflow: ["name", "on", "permissions", "concurrency", "jobs", "env"],
  job: [
    "name",
    "needs",
    "if",
    "runs-on",
    "environment",
    "timeout-minutes",
    "permissions",
    "steps",
    "env",
    "outputs",
  ],
  step: ["name", "id", "if", "uses", "with", "run", "env", "timeout-minutes"],
};

const EVENTS = ["push", "pull_request", "workflow_dispatch", "schedule"];

/** What a job may be given beside reading the code, and in which workflow. */
const WRITES: Readonly<Record<string, readonly string[]>> = { review: ["pull-requests"] };

/**
 * What is wrong with a workflow of GitHub Actions: its form, its permissions, what it runs, and what of others' text
 * could get into a shell. Empty where nothing is.
 *
 * @param scripts names of package.json's scripts
 */
export function workflowFaults(name: string, text: string, scripts: readonly string[]): string[] {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) return document.errors.map((error) => `no YAML: ${error.message}`);
  const faults: string[] = [];
  visit(document, (_key, node) => {
    if (isAlias(node)) faults.push("has an alias, which GitHub Actions does not expand everywhere");
  });
  if (!isMap(document.contents)) return ["is no mapping"];
  const workflow = document.toJS() as Workflow;
  faults.push(...unknownKeys("the workflow", workflow, KEYS.workflow));
  for (const event of eventsOf(workflow.on)) {
    if (!EVENTS.includes(event)) faults.push(`on: ${event} is not among ${EVENTS.join(", ")}`);
  }
  if (JSON.stringify(workflow.permissions) !== "{}")
    faults.push("permissions: {} is missing: jobs name their own");
  const jobs = Object.entries(workflow.jobs ?? {});
  if (jobs.length === 0) faults.push("has no job");
  const ids = jobs.map(([id]) => id);
  for (const [id, job] of jobs)
    faults.push(...jobFaults(name, id, job, ids, scripts).map((fault) => `jobs.${id}: ${fault}`));
  return faults;
}

function eventsOf(on: unknown): string[] {
  if (typeof on === "string") return [on];
  if (Array.isArray(on)) return on.map(String);
  return typeof on === "object" && on !== null ? Object.keys(on) : ["(none)"];
}

function unknownKeys(what: string, value: object, known: readonly string[]): string[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => `${what} has an unknown key '${key}'`);
}

function jobFaults(
  workflow: string,
  id: string,
  job: Job,
  ids: readonly string[],
  scripts: readonly string[],
): string[] {
  const faults = unknownKeys("it", job, KEYS.job);
  if (job["runs-on"] === undefined) faults.push("runs-on is missing");
  if (typeof job["timeout-minutes"] !== "number") faults.push("timeout-minutes is missing");
  for (const need of [job.needs ?? []].flat())
    if (!ids.includes(need)) faults.push(`needs '${need}', which is no job`);
  faults.push(...permissionFaults(workflow, job.permissions));
  const steps = job.steps ?? [];
  if (steps.length === 0) faults.push("has no steps");
  for (const [at, step] of steps.entries()) {
    faults.push(...stepFaults(step, scripts).map((fault) => `steps[${at}]: ${fault}`));
  }
  const writes = Object.values((job.permissions ?? {}) as object).includes("write");
  const checkout = steps.find(({ uses }) => uses?.startsWith("actions/checkout@"));
  if (writes && !String(checkout?.with?.ref ?? "").includes("base.sha")) {
    faults.push(`${id} may write and runs the code of the change: check out the base`);
  }
  return faults;
}

function permissionFaults(workflow: string, permissions: unknown): string[] {
  if (typeof permissions !== "object" || permissions === null)
    return ["permissions are missing, or not named one by one"];
  return Object.entries(permissions).flatMap(([scope, access]) => {
    if (access === "read" && scope === "contents") return [];
    if (access === "write" && WRITES[workflow]?.includes(scope)) return [];
    return [`permission ${scope}: ${access} is more than it needs`];
  });
}

function stepFaults(step: Step, scripts: readonly string[]): string[] {
  const faults = unknownKeys("it", step, KEYS.step);
  if ((step.uses === undefined) === (step.run === undefined)) faults.push("has to have either uses or run");
  if (step.uses !== undefined) faults.push(...usesFaults(step));
  if (step.run !== undefined) faults.push(...runFaults(step, scripts));
  return faults;
}

function usesFaults({ uses = "", with: options }: Step): string[] {
  const faults: string[] = [];
  if (!/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/.test(uses))
    faults.push(`${uses} is not pinned by a full commit SHA`);
  if (uses.startsWith("actions/checkout@") && options?.["persist-credentials"] !== false) {
    faults.push("checkout leaves its token behind: persist-credentials: false is missing");
  }
  return faults;
}

/** A line calls one of our own files or scripts; anything else belongs into one. */
function runFaults({ run = "", env = {} }: Step, scripts: readonly string[]): string[] {
  const faults: string[] = [];
  if (run.includes("${{")) faults.push("an expression in run is pasted into the shell: hand it over in env");
  for (const [, name = ""] of run.matchAll(/\$\{?([A-Z_]+)\}?/g)) {
    if (name !== "PATH" && !(name in env)) faults.push(`$${name} is not in its env`);
  }
  for (const line of run.trim().split("\n")) {
    const words = line.replace(/^sudo env( "?[A-Z]+=[^ ]*)* /, "").split(/\s+/);
    const script = words[0] === "npm" && words[1] === "run" ? words[2] : undefined;
    const file = words[0] === "node" ? words.find((word) => word.endsWith(".ts")) : words[0];
    if (script !== undefined ? scripts.includes(script) : file !== undefined && existsSync(join(root, file)))
      continue;
    faults.push(`'${line}' calls no file or npm script of this project`);
  }
  return faults;
}
