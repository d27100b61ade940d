import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type Docker from "dockerode";
import type { Environment } from "../config";
import { localStatePath } from "../stacks/state-backend";
import { root } from "./arguments";
import { OperatorError } from "./progress";

/**
 * Makes sure that a directory which deploys what runs already has its Terraform state: without, Terraform would make
 * everything a second time, and fail halfway at the first name that is taken.
 *
 * @throws OperatorError where containers of the environment run and a local state is not here
 */
export async function requireState(environment: Environment, engine: Docker): Promise<void> {
  const { name, state } = environment;
  if (state.backend !== "local") return;
  const file = resolve(root, "cdktf.out", "stacks", name, localStatePath(environment));
  if (existsSync(file)) return;
  const filters = { label: [`webrtc-genesys.environment=${name}`] };
  if ((await engine.listContainers({ all: true, filters })).length === 0) return;
  throw new OperatorError(
    `'${name}' runs on ${environment.docker.host} already, and its Terraform state ${file} is not here: ` +
      "copy it from the directory that deployed it (an upgrade from an offline bundle needs it too), " +
      `or take the environment down with its database: npm run destroy -- ${name}`,
  );
}
