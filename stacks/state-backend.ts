import { TerraformBackend, type TerraformRemoteState } from "cdktf";
import type { Construct } from "constructs";
import type { Environment } from "../config";

/**
 * Terraform's state backend, with the options of the environment file under Terraform's own names for them.
 * Secrets that a backend needs come from its environment variables (`PG_CONN_STR`, `AWS_SECRET_ACCESS_KEY`, ...).
 */
export class StateBackend extends TerraformBackend {
  private readonly options: Readonly<Record<string, unknown>>;

  constructor(scope: Construct, { backend, options }: Environment["state"]) {
    super(scope, "backend", backend);
    // Relative to cdktf.out/stacks/<name>, where Terraform runs: the same on every machine.
    const defaults = backend === "local" ? { path: `../../../terraform.${scope.node.id}.tfstate` } : {};
    this.options = { ...defaults, ...options };
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.options };
  }

  public override getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error("environments don't read each other's state");
  }
}
