import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { OperatorError } from "../progress";
import { run } from "../run";
import type { Deployment } from "./model/deployment";
import { readDeployment, type Synthesized } from "./model/read";
import type { ResourceJson, TerraformJson } from "./model/terraform-json";

/** More in one project is more likely a mistake, and more than a comment can tell of. */
export const MAX_ENVIRONMENTS = 100;

const DEADLINE = 120_000;
const MAX_JSON = 64 * 1024 * 1024;
/** Of one file in a build context; a larger one is compared by its size only. */
const MAX_CONTEXT_FILE = 16 * 1024 * 1024;

/** A side that can't be synthesized: its own faults, as an operator can act on them. */
export class SynthesisError extends OperatorError {
  constructor(
    public readonly side: string,
    public readonly faults: string,
  ) {
    super(`${side} can't be synthesized:\n${faults}`);
  }
}

/**
 * Synthesizes the project in a directory with its own code, and reads every environment.
 *
 * @param side how a fault names it, such as "the base"
 * @throws SynthesisError with the faults of its environment files, or with the end of its output
 */
export async function synthesize(project: string, output: string, side: string): Promise<Deployment[]> {
  const { FORWARDING_MODE: _, ...env } = process.env;
  const faults: string[] = [];
  await run("node", ["--require", "tsx/cjs", join(__dirname, "inside.ts"), output], {
    cwd: project,
    env: { ...env, CHECKPOINT_DISABLE: "1" },
    deadline: DEADLINE,
    onLine: (line) => faults.push(line.replaceAll(`${project}/`, "")),
  }).catch((error: Error) => {
    throw new SynthesisError(side, faults.length > 0 ? faults.slice(-100).join("\n") : error.message);
  });
  return readOutput(output);
}

/** Every environment of a synthesis in `output`, in the order of their names. */
export function readOutput(output: string): Deployment[] {
  const described = readJson(join(output, "environments.json")) as Pick<
    Synthesized,
    "environment" | "listeners" | "warnings"
  >[];
  if (described.length > MAX_ENVIRONMENTS) {
    throw new OperatorError(
      `${described.length} environments: a review takes ${MAX_ENVIRONMENTS} at most, so name those that matter`,
    );
  }
  return described.map((one) => {
    const stack = join(output, "stacks", one.environment.name);
    const terraform = readJson(join(stack, "cdk.tf.json")) as TerraformJson;
    return readDeployment({ ...one, terraform, contexts: readContexts(stack, terraform) });
  });
}

function readContexts(stack: string, terraform: TerraformJson): Synthesized["contexts"] {
  const paths = Object.values(terraform.resource.docker_image ?? {}).flatMap((image: ResourceJson) => {
    const build = image.build as { readonly context: string } | undefined;
    return build ? [build.context] : [];
  });
  return Object.fromEntries(paths.map((path) => [path, readTree(join(stack, path))]));
}

/** Files below a directory: relative path to content, byte by byte. */
function readTree(directory: string): Record<string, string> {
  if (!existsSync(directory)) return {};
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    files.map((file) => {
      const { size } = statSync(file);
      const content = size > MAX_CONTEXT_FILE ? `${size} bytes` : readFileSync(file, "latin1");
      return [relative(directory, file), content];
    }),
  );
}

function readJson(file: string): unknown {
  if (statSync(file).size > MAX_JSON) {
    throw new OperatorError(`${relative(process.cwd(), file)} is larger than ${MAX_JSON / 1024 / 1024} MiB`);
  }
  return JSON.parse(readFileSync(file, "utf8"));
}
