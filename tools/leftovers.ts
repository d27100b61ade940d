import { existsSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import type { Environment } from "../config";
import { root } from "./arguments";
import { run } from "./run";

interface StateJson {
  readonly resources?: readonly {
    readonly type: string;
    readonly instances?: readonly { readonly attributes?: { readonly id?: string } }[];
  }[];
}

/**
 * Removes the containers of releases that Terraform knows nothing of: those that a deploy had made when it was killed,
 * with no time left to write them down. Their names are in the next one's way. Long-running containers stay, for they
 * may be those of another checkout.
 *
 * @returns their names
 */
export async function removeLeftovers(environment: Environment, engine: Docker): Promise<string[]> {
  const directory = join(root, "cdktf.out", "stacks", environment.name);
  const label = [`webrtc-genesys.environment=${environment.name}`, "webrtc-genesys.release"];
  const oneShots = await engine.listContainers({ all: true, filters: { label } });
  if (oneShots.length === 0 || !existsSync(join(directory, ".terraform"))) return [];
  // Where the state can't be had, the deploy itself says why.
  const state = await pullState(directory).catch(() => undefined);
  if (state === undefined) return [];
  const known = containerIds(state);
  const leftovers = oneShots.filter(({ Id }) => !known.has(Id));
  for (const { Id } of leftovers) await engine.getContainer(Id).remove({ force: true, v: true });
  return leftovers.map(({ Names, Id }) => Names[0]?.slice(1) ?? Id).sort();
}

/** Of a state as `terraform state pull` prints it, which prints nothing when there is none. */
export function containerIds(state: string): Set<string> {
  const { resources = [] } = (state.trim() === "" ? {} : JSON.parse(state)) as StateJson;
  const containers = resources.filter(({ type }) => type === "docker_container");
  const ids = containers.flatMap(({ instances = [] }) => instances.map(({ attributes }) => attributes?.id));
  return new Set(ids.filter((id) => id !== undefined));
}

/** In the stack as the last deploy from here left it, whatever the backend. */
function pullState(cwd: string): Promise<string> {
  return run(join(root, "bin", "with-provider"), ["terraform", "state", "pull"], {
    cwd,
    env: { ...process.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
    deadline: 60_000,
  });
}
