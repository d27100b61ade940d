import type Docker from "dockerode";
import type { Environment } from "../config";
import { ensureBaseImages } from "./base-images";
import { cdktf } from "./cdktf";
import { ensureEngine } from "./engine";
import { removeLeftovers, unknownReleases } from "./leftovers";
import { bundleFor, provideImages } from "./offline/site";
import { OperatorError, step } from "./progress";
import { run } from "./run";
import { ensureSecrets } from "./secrets";
import { requireState } from "./state";

/** Makes sure of what a deploy needs: Terraform, its state, the engine, images, and the secrets of a local environment. */
export async function prepare(environment: Environment): Promise<Docker> {
  const bundle = await bundleFor(environment);
  await ensureTerraform();
  const engine = await ensureEngine(environment);
  await requireState(environment, engine);
  if (bundle) await provideImages(environment, bundle);
  else if (environment.images.source === "build") await ensureBaseImages(engine);
  const made = await ensureSecrets(environment);
  if (made.length > 0) console.log(`  made ${made.length} secrets in ${environment.secrets.directory}`);
  return engine;
}

/** Brings the environment to what its file says. The first time, its images take minutes. */
export async function deploy(environment: Environment, engine: Docker): Promise<void> {
  const { name } = environment;
  if ((await unknownReleases(name, engine)).length > 0) {
    const removed = await step("Clear away what another deploy has left", (show) =>
      removeLeftovers(name, engine, show),
    );
    if (removed.length > 0) console.log(`  removed ${removed.join(", ")}`);
  }
  await step(`Deploy ${name}`, (show) => cdktf(["deploy", name, "--auto-approve"], show));
}

async function ensureTerraform(): Promise<void> {
  const env = { ...process.env, CHECKPOINT_DISABLE: "1" };
  await run("terraform", ["version"], { env, deadline: 30_000 }).catch((error: Error) => {
    const page = "https://developer.hashicorp.com/terraform/install";
    throw new OperatorError(`Terraform 1.5 or later is needed on the path, see ${page}\n${error.message}`);
  });
}
