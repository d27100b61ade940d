import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Environment, loadEnvironment, renderFaults } from "../config";
import { colors } from "./colors";
import { OperatorError } from "./progress";

/** The project's root, where every command runs. */
export const root = join(__dirname, "..");

/**
 * Loads the environment that a command was called with, and prints its warnings on stderr.
 *
 * @throws OperatorError when there is none of that name, EnvironmentError with every fault of its file
 */
export function environmentNamed(name: string): Environment {
  const file = join("environments", `${name}.yaml`);
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(join(root, file))) {
    throw new OperatorError(`there is no environment '${name}': an environment is a file in environments/`);
  }
  process.chdir(root);
  const { environment, warnings } = loadEnvironment(file);
  for (const warning of warnings) console.error(colors.yellow(`! ${renderFaults([warning])}`));
  return environment;
}
