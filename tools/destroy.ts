import { createInterface } from "node:readline/promises";
import { environmentNamed } from "./arguments";
import { cdktf } from "./cdktf";
import { colors } from "./colors";
import { ensureEngine } from "./engine";
import { removeLabelled } from "./labelled";
import { OperatorError, runCommand, step } from "./progress";

/**
 * Takes an environment down with everything that it made: containers, volumes (the database among them) and images.
 * Secrets stay. What carries the environment's label and is in no state here, from another checkout or a lost
 * state, goes too; nothing else on the engine is touched.
 */
runCommand(async () => {
  const [name, ...options] = process.argv.slice(2);
  const yes = options.includes("--yes");
  if (name === undefined || name.startsWith("-") || options.some((option) => option !== "--yes")) {
    throw new OperatorError("usage: npm run destroy -- <environment> [--yes]");
  }
  const environment = environmentNamed(name);
  if (!yes) await confirm(name);
  const engine = await ensureEngine(environment);
  const left: string[] = [];
  const removeLeft = async () => left.push(...(await removeLabelled(engine, name)));
  await step(`Destroy ${name}`, async (show) => {
    const destroy = () => cdktf(["destroy", name, "--auto-approve"], show);
    await destroy().catch(async (error: unknown) => {
      // A container that is in no state here keeps the volumes in use that are. Terraform breaks lines where it likes.
      if (!/in[\s│]+use\b/.test((error as Error).message) || (await removeLeft()) === 0) throw error;
      await destroy();
    });
  });
  await removeLeft();
  if (left.length > 0) console.log(`  removed too, in no state here: ${left.join(", ")}`);
  return 0;
});

async function confirm(name: string): Promise<void> {
  if (!process.stdin.isTTY) throw new OperatorError(`this destroys ${name} and its database: say --yes`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    colors.yellow(`This destroys ${name} and its database. Type its name to go on: `),
  );
  terminal.close();
  if (answer.trim() !== name) throw new OperatorError("nothing was destroyed");
}
