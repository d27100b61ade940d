import { startProvider } from "./attach";

/** Serves the provider until it is told to stop, for a Terraform that someone runs elsewhere. */
async function main(): Promise<void> {
  const { env, stop } = await startProvider({ env: process.env });
  process.stdout.write(`export TF_REATTACH_PROVIDERS='${env.TF_REATTACH_PROVIDERS}'\n`);
  const end = () => {
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
}

main().catch((error) => {
  process.stderr.write(`docker-provider: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
