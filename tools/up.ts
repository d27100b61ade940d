import { environmentNamed } from "./arguments";
import { colors } from "./colors";
import { deploy, prepare } from "./deploy";
import { OperatorError, runCommand } from "./progress";
import { verify } from "./verify/verify";

runCommand(async () => {
  const [name = "local", ...rest] = process.argv.slice(2);
  if (rest.length > 0 || name.startsWith("-")) throw new OperatorError("usage: bin/up [environment]");
  const environment = environmentNamed(name);
  console.log(`${colors.bold(environment.name)}: forwardingMode ${colors.bold(environment.forwardingMode)}`);

  const engine = await prepare(environment);
  await deploy(environment);
  return verify(environment, engine);
});
