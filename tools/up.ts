import { parseArgs } from "node:util";
import { environmentNamed } from "./arguments";
import { colors } from "./colors";
import { deploy, prepare } from "./deploy";
import { yieldToCalls } from "./priority";
import { OperatorError, runCommand, step } from "./progress";
import { removeForReplacement } from "./replace";
import { verify } from "./verify/verify";

runCommand(async () => {
  const { name, replace } = readArguments();
  const environment = environmentNamed(name);
  console.log(`${colors.bold(environment.name)}: forwardingMode ${colors.bold(environment.forwardingMode)}`);

  const engine = await prepare(environment);
  // Not before: an engine that had to be started hands its own priority down to Asterisk.
  yieldToCalls();
  if (replace.length > 0) {
    await step(`Remove ${replace.join(", ")}`, () => removeForReplacement(environment, engine, replace));
  }
  await deploy(environment, engine);
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
