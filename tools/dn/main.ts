import { parseArgs } from "node:util";
import { environmentNamed } from "../arguments";
import { engineOf } from "../engine";
import { OperatorError, runCommand } from "../progress";
import { DockerHost } from "../verify/host";
import { renderTable } from "../verify/table";
import { dnStatus } from "./status";

const USAGE = "usage: npm run dn -- status <dn> --env <environment>";

runCommand(async () => {
  const { values, positionals } = parseArgs({
    options: { env: { type: "string", default: "local" } },
    allowPositionals: true,
  });
  const [verb, dn, ...rest] = positionals;
  if (verb !== "status" || dn === undefined || rest.length > 0) throw new OperatorError(USAGE);
  if (!/^\d{1,20}$/.test(dn)) throw new OperatorError(`'${dn}' is no DN: 1 to 20 digits`);
  const environment = environmentNamed(values.env);
  const outcomes = await dnStatus(environment, new DockerHost(engineOf(environment), environment), dn);
  console.log(renderTable(outcomes));
  return outcomes.every(({ passed }) => passed) ? 0 : 1;
});
