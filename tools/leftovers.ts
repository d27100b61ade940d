import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { root } from "./arguments";
import { run } from "./run";

/** Milliseconds after its end for which a container may belong to a deploy that is about to write it down. */
const WRITTEN_DOWN = 30_000;

/** Milliseconds within which every release has ended that another deploy has started. */
const DEADLINE = 240_000;

/**
 * Removes the containers of releases that Terraform knows nothing of: those that a deploy had made when it was killed,
 * with no time left to write them down. Their names are in the next one's way. What may belong to a deploy that is under
 * way is waited for. Long-running containers stay, for they may be those of another checkout.
 *
 * @param show is told what is waited for
 * @returns their names
 */
export async function removeLeftovers(
  environment: string,
  engine: Docker,
  show: (line: string) => void,
): Promise<string[]> {
  const end = Date.now() + DEADLINE;
  for (;;) {
    const unknown = await unknownReleases(environment, engine);
    const fresh = unknown.filter(
      ({ endedAt }) => endedAt === undefined || Date.now() - endedAt < WRITTEN_DOWN,
    );
    if (fresh.length === 0 || Date.now() > end) {
      const leftovers = unknown.filter((one) => !fresh.includes(one));
      for (const { id } of leftovers) await engine.getContainer(id).remove({ force: true, v: true });
      return leftovers.map(({ name }) => name).sort();
    }
    show(`waits for ${fresh.map(({ name }) => name).join(", ")}, which another deploy has started`);
    await sleep(1000);
  }
}

interface Unknown {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970; undefined while it runs. */
  readonly endedAt: number | undefined;
}

/** Containers of releases that Terraform knows nothing of. */
export async function unknownReleases(environment: string, engine: Docker): Promise<Unknown[]> {
  const stack = join(root, "cdktf.out", "stacks", environment);
  const label = [`webrtc-genesys.environment=${environment}`, "webrtc-genesys.release"];
  const releases = await engine.listContainers({ all: true, filters: { label } });
  if (releases.length === 0 || !existsSync(join(stack, ".terraform"))) return [];
  // Where the state can't be had, the deploy itself says why.
  const state = await pullState(stack).catch(() => undefined);
  if (state === undefined) return [];
  const known = containerIds(state);
  const unknown = releases.filter(({ Id }) => !known.has(Id));
  return Promise.all(
    unknown.map(async ({ Id: id, Names }) => {
      const { State, Created } = await engine.getContainer(id).inspect();
      // One that was made and never started has finished in the year 1.
      const ended = Math.max(Date.parse(State.FinishedAt), Date.parse(Created));
      const endedAt = State.Running ? undefined : ended;
      return { id, name: Names[0]?.slice(1) ?? id, endedAt };
    }),
  );
}

interface StateJson {
  readonly resources?: readonly {
    readonly type: string;
    readonly instances?: readonly { readonly attributes?: { readonly id?: string } }[];
  }[];
}

/** Of a state as `terraform state pull` prints it, which prints nothing when there is none. */
export function containerIds(state: string): Set<string> {
  const { resources = [] } = (state.trim() === "" ? {} : JSON.parse(state)) as StateJson;
  const containers = resources.filter(({ type }) => type === "docker_container");
  const ids = containers.flatMap(({ instances = [] }) => instances.map(({ attributes }) => attributes?.id));
  return new Set(ids.filter((id) => id !== undefined));
}

/** Of the stack as the last deploy from here left it, whatever the backend. */
function pullState(cwd: string): Promise<string> {
  return run(join(root, "bin", "with-provider"), ["terraform", "state", "pull"], {
    cwd,
    env: { ...process.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
    deadline: 60_000,
  });
}
