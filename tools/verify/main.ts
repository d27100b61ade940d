import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadEnvironment } from "../../config";
import { engineOf } from "../engine";
import { OperatorError, runCommand } from "../progress";
import { verify } from "./verify";

runCommand(async () => {
  const [name, ...rest] = process.argv.slice(2);
  if (name === undefined || name.startsWith("-") || rest.length > 0) {
    throw new OperatorError("usage: npm run verify -- <environment>");
  }
  const file = join("environments", `${name}.yaml`);
  if (!existsSync(file)) throw new OperatorError(`there is no ${file}`);
  const { environment } = loadEnvironment(file);
  return verify(environment, engineOf(environment));
});
