import { environmentNamed } from "../arguments";
import { engineOf } from "../engine";
import { yieldToCalls } from "../priority";
import { OperatorError, runCommand } from "../progress";
import { verify } from "./verify";

runCommand(async () => {
  yieldToCalls();
  const [name, ...rest] = process.argv.slice(2);
  if (name === undefined || name.startsWith("-") || rest.length > 0) {
    throw new OperatorError("usage: npm run verify -- <environment>");
  }
  const environment = environmentNamed(name);
  return verify(environment, engineOf(environment));
});
