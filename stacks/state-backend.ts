import { TerraformBackend, type TerraformRemoteState } from "cdktf";
import type { Construct } from "constructs";
import type { Environment } from "../config";

/** Where backend `local` keeps the state: from cdktf.out/stacks/<name>, where Terraform runs, the same on every machine. */
export function localStatePath({ name, state }: Pick<Environment, "name" | "state">): string {
  const { path } = state.options;
  return typeof path === "string" ? path : `../../../terraform.${name}.tfstate`;
}

/**
 * Terraform's state backend, with the options of the environment file under Terraform's own names for them.
 * Secrets that a backend needs come from its environment variables (`PG_CONN_STR`, `AWS_SECRET_ACCESS_KEY`, ...).
 */
export class StateBackend extends TerraformBackend {
  private readonly options: Readonly<Record<string, unknown>>;

  constructor(scope: Construct, environment: Pick<Environment, "name" | "state">) {
    const { backend, options } = environment.state;
    super(scope, "backend", backend);
    this.options = backend === "local" ? { ...options, path: localStatePath(environment) } : options;
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.options };
  }

  public override getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error("environments don't read each other's state");
  }
}
