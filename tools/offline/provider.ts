import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run";
import { architecture, checkPart, MANIFEST, type Manifest, PROVIDERS, partsOf, readManifest } from "./parts";

const MIRROR_DEADLINE = 10 * 60_000;

/** Where the bundle in `offline` says that Terraform's provider was had; undefined without a bundle. */
export function providerOfBundle(offline: string): Manifest["provider"] | undefined {
  return existsSync(join(offline, MANIFEST)) ? readManifest(offline).provider : undefined;
}

/**
 * What makes `terraform init` take its providers from the bundle in `offline`, and from nowhere else.
 *
 * @param env what may be said to `terraform init` already
 * @throws Error when one of them is damaged
 */
export async function fromBundle(offline: string, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const providers = [...partsOf(offline).keys()].filter((part) => part.startsWith(`${PROVIDERS}/`));
  for (const part of providers) await checkPart(offline, part);
  const directory = `-plugin-dir='${join(offline, PROVIDERS)}'`;
  return { TF_CLI_ARGS_init: [env.TF_CLI_ARGS_init, directory].filter(Boolean).join(" ") };
}

/**
 * Gets a provider from its registry into `directory`, as a mirror that {@link fromBundle} can use.
 *
 * @param provider its source, as in "kreuzwerker/docker", and its version
 * @param workspace an empty directory
 */
export async function mirrorProvider(
  provider: { readonly source: string; readonly version: string },
  directory: string,
  workspace: string,
  show: (line: string) => void,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const terraform = { required_providers: { docker: provider } };
  writeFileSync(join(workspace, "main.tf.json"), JSON.stringify({ terraform }));
  await run("terraform", ["providers", "mirror", `-platform=linux_${architecture}`, directory], {
    cwd: workspace,
    env: { ...process.env, CHECKPOINT_DISABLE: "1" },
    deadline: MIRROR_DEADLINE,
    onLine: show,
  });
  if (readdirSync(directory).length === 0) throw new Error(`terraform has put nothing into ${directory}`);
}
