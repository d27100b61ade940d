import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "../arguments";
import { OperatorError } from "../progress";
import { run } from "../run";
import { type PlanJson, parsePlan } from "./plan";

const DEADLINE = 10 * 60_000;
const APPLY_DEADLINE = 30 * 60_000;
const MAX_PLAN = 128 * 1024 * 1024;

/** Terraform in the stack of one environment, as the last synthesis left it in cdktf.out/. */
export class Terraform {
  private readonly directory: string;

  constructor(private readonly environment: string) {
    this.directory = join(root, "cdktf.out", "stacks", environment);
  }

  /**
   * Plans, and keeps the plan in `file`, which holds the state's values: keep it out of artefacts.
   *
   * @throws OperatorError with Terraform's own words
   */
  public async plan(file: string): Promise<PlanJson> {
    await this.terraform(["init", "-input=false", "-no-color"], DEADLINE);
    await this.terraform(
      ["plan", "-input=false", "-no-color", "-lock-timeout=60s", `-out=${file}`],
      DEADLINE,
    );
    const json = await this.terraform(["show", "-json", "-no-color", file], DEADLINE);
    return parsePlan(json, `the plan of ${this.environment}`);
  }

  /** Does what the plan in `file` says, and nothing else. */
  public async apply(file: string, onLine: (line: string) => void): Promise<void> {
    await this.terraform(
      ["apply", "-input=false", "-no-color", "-lock-timeout=60s", file],
      APPLY_DEADLINE,
      onLine,
    );
  }

  private terraform(
    args: readonly string[],
    deadline: number,
    onLine?: (line: string) => void,
  ): Promise<string> {
    return run(join(root, "bin", "with-provider"), ["terraform", ...args], {
      cwd: this.directory,
      env: { ...process.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
      deadline,
      onLine,
    });
  }
}

/** Synthesizes the working tree to cdktf.out/, where Terraform runs. */
export async function synthesizeForTerraform(): Promise<void> {
  const { FORWARDING_MODE: _, ...env } = process.env;
  await run("node", ["--require", "tsx/cjs", "main.ts"], { cwd: root, env, deadline: 120_000 });
}

/** A plan that was saved as `<environment>.json`; undefined where there is none. */
export function savedPlan(directory: string, environment: string): PlanJson | undefined {
  const file = join(directory, `${environment}.json`);
  if (!existsSync(file)) return undefined;
  if (statSync(file).size > MAX_PLAN) {
    throw new OperatorError(
      `${environment}.json is larger than ${MAX_PLAN / 1024 / 1024} MiB: that is no plan of ours`,
    );
  }
  return parsePlan(readFileSync(file, "utf8"), `${environment}.json`);
}
