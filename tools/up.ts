import { environmentNamed } from "./arguments";
import { ensureBaseImages } from "./base-images";
import { cdktf } from "./cdktf";
import { colors } from "./colors";
import { ensureEngine } from "./engine";
import { removeLeftovers, unknownReleases } from "./leftovers";
import { OperatorError, runCommand, step } from "./progress";
import { run } from "./run";
import { ensureSecrets } from "./secrets";
import { verify } from "./verify/verify";

runCommand(async () => {
  const [name = "local", ...rest] = process.argv.slice(2);
  if (rest.length > 0 || name.startsWith("-")) throw new OperatorError("usage: bin/up [environment]");
  const environment = environmentNamed(name);
  console.log(`${colors.bold(environment.name)}: forwardingMode ${colors.bold(environment.forwardingMode)}`);

  await ensureTerraform();
  const engine = await ensureEngine(environment);
  if (environment.images.source === "build") await ensureBaseImages(engine);
  const made = await ensureSecrets(environment);
  if (made.length > 0) console.log(`  made ${made.length} secrets in ${environment.secrets.directory}`);
  if ((await unknownReleases(name, engine)).length > 0) {
    const removed = await step("Clear away what another deploy has left", (show) =>
      removeLeftovers(name, engine, show),
    );
    if (removed.length > 0) console.log(`  removed ${removed.join(", ")}`);
  }
  // The first time, its images take minutes.
  await step(`Deploy ${name}`, (show) => cdktf(["deploy", name, "--auto-approve"], show));
  return verify(environment, engine);
});

async function ensureTerraform(): Promise<void> {
  const env = { ...process.env, CHECKPOINT_DISABLE: "1" };
  await run("terraform", ["version"], { env, deadline: 30_000 }).catch((error: Error) => {
    const page = "https://developer.hashicorp.com/terraform/install";
    throw new OperatorError(`Terraform 1.5 or later is needed on the path, see ${page}\n${error.message}`);
  });
}
