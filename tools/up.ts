import { parseArgs } from "node:util";
import { environmentNamed } from "./arguments";
import { ensureBaseImages } from "./base-images";
import { cdktf } from "./cdktf";
import { colors } from "./colors";
import { ensureEngine } from "./engine";

import { removeLeftovers } from "./leftovers";

import { bundleFor, provideImages } from "./offline/site";

import { OperatorError, runCommand, step } from "./progress";
import { removeForReplacement } from "./replace";
import { run } from "./run";
import { ensureSecrets } from "./secrets";
import { requireState } from "./state";
import { verify } from "./verify/verify";

runCommand(async () => {
  const { name, replace } = readArguments();
  const environment = environmentNamed(name);
  console.log(`${colors.bold(environment.name)}: forwardingMode ${colors.bold(environment.forwardingMode)}`);

  const bundle = await bundleFor(environment);
  await ensureTerraform();
  const engine = await ensureEngine(environment);
  await requireState(environment, engine);
  if (bundle) await provideImages(environment, bundle);
  else if (environment.images.source === "build") await ensureBaseImages(engine);
  const made = await ensureSecrets(environment);
  if (made.length > 0) console.log(`  made ${made.length} secrets in ${environment.secrets.directory}`);
  if (replace.length > 0) {
    await step(`Remove ${replace.join(", ")}`, () => removeForReplacement(environment, engine, replace));
  }
  const leftovers = await removeLeftovers(environment, engine);
  if (leftovers.length > 0) console.log(`  removed what a killed deploy has left: ${leftovers.join(", ")}`);
  // The first time, its images take minutes.
  await step(`Deploy ${name}`, (show) => cdktf(["deploy", name, "--auto-approve"], show));
  return verify(environment, engine);
});

function readArguments(): { name: string; replace: string[] } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { replace: { type: "string", multiple: true, default: [] } },
    });
    const [name = "local", ...rest] = positionals;
    if (rest.length === 0) return { name, replace: values.replace };
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS")) throw error;
  }
  throw new OperatorError("usage: bin/up [environment] [--bundle FILE] [--replace <container>]...");
}

async function ensureTerraform(): Promise<void> {
  const env = { ...process.env, CHECKPOINT_DISABLE: "1" };
  await run("terraform", ["version"], { env, deadline: 30_000 }).catch((error: Error) => {
    const page = "https://developer.hashicorp.com/terraform/install";
    throw new OperatorError(`Terraform 1.5 or later is needed on the path, see ${page}\n${error.message}`);
  });
}
