import { existsSync } from "node:fs";
import { join } from "node:path";
import colors from "picocolors";
import { loadEnvironment } from "../config";
import { ensureBaseImages } from "./base-images";
import { ensureEngine } from "./engine";
import { OperatorError, runCommand, step } from "./progress";
import { run } from "./run";
import { ensureSecrets } from "./secrets";
import { verify } from "./verify/verify";

const root = join(__dirname, "..");

async function main(): Promise<number> {
  const [name = "local", ...rest] = process.argv.slice(2);
  if (rest.length > 0 || name.startsWith("-")) throw new OperatorError("usage: bin/up [environment]");
  const file = join("environments", `${name}.yaml`);
  if (!existsSync(join(root, file)))
    throw new OperatorError(`there is no ${file}: environments are files there`);
  const { environment, warnings } = loadEnvironment(file);
  for (const warning of warnings) console.log(colors.yellow(`! ${warning}`));
  console.log(`${colors.bold(environment.name)}: forwardingMode ${colors.bold(environment.forwardingMode)}`);

  await ensureTerraform();
  const engine = await ensureEngine(environment);
  if (environment.images.source === "build") await ensureBaseImages(engine);
  const secrets = await ensureSecrets(environment);
  if (secrets.length > 0)
    console.log(`  new secrets in ${environment.secrets.directory}: ${secrets.length} files`);

  await step("Deploy", async (show) => {
    const command = [join(root, "bin", "with-provider"), "npx", "cdktf", "deploy", name, "--auto-approve"];
    await run("bash", command, { cwd: root, deadline: 30 * 60_000, onLine: show });
  });
  return verify(environment, engine);
}

async function ensureTerraform(): Promise<void> {
  await run("terraform", ["version"], {
    env: { ...process.env, CHECKPOINT_DISABLE: "1" },
    deadline: 30_000,
  }).catch((error: Error) => {
    throw new OperatorError(
      `Terraform 1.5 or later is needed on the path: https://developer.hashicorp.com/terraform/install\n${error.message}`,
    );
  });
}

runCommand(main);
