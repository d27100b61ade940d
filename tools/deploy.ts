import type Docker from "dockerode";
import type { Environment } from "../config";
import { ensureBaseImages } from "./base-images";
import { cdktf } from "./cdktf";
import { ensureEngine } from "./engine";
import { OperatorError, step } from "./progress";
import { run } from "./run";
import { ensureSecrets } from "./secrets";

/** Makes sure of what a deploy needs: Terraform, the engine, base images, and the secrets of a local environment. */
export async function prepare(environment: Environment): Promise<Docker> {
  await ensureTerraform();
  const engine = await ensureEngine(environment);
  if (environment.images.source === "build") await ensureBaseImages(engine);
  const made = await ensureSecrets(environment);
  if (made.length > 0) console.log(`  made ${made.length} secrets in ${environment.secrets.directory}`);
  return engine;
}

/** Brings the environment to what its file says. The first time, its images take minutes. */
export async function deploy({ name }: Environment): Promise<void> {
  await step(`Deploy ${name}`, (show) => cdktf(["deploy", name, "--auto-approve"], show));
}

async function ensureTerraform(): Promise<void> {
  const env = { ...process.env, CHECKPOINT_DISABLE: "1" };
  await run("terraform", ["version"], { env, deadline: 30_000 }).catch((error: Error) => {
    const page = "https://developer.hashicorp.com/terraform/install";
    throw new OperatorError(`Terraform 1.5 or later is needed on the path, see ${page}\n${error.message}`);
  });
}
