import { parseArgs } from "node:util";
import { shownName } from "../../config";
import { environmentNamed } from "../arguments";
import { engineOf } from "../engine";
import { OperatorError, runCommand } from "../progress";
import { DockerHost } from "../verify/host";
import { renderTable } from "../verify/table";
import { addDn } from "./add";
import { DnDatabase } from "./database";
import { listDns, renderDns } from "./list";
import { changePassword } from "./passwd";
import { choosePassword } from "./password";
import { removeDn } from "./remove";
import { dnStatus } from "./status";

const USAGE = `usage: npm run dn -- <command> [--env <environment>], 'local' without
  list [--json]                all DNs, of the environment file and of the running database
  status <dn>                  follows one DN from the database over its phone to Genesys
  add <dn> [--name <name>]     proxy mode: a new DN, without a deploy
  passwd <dn>                  a new password
  remove <dn>                  a DN that is not of the environment file
A password is made and shown once; with --ask it is asked for, or is the line that comes on stdin.`;

runCommand(async () => {
  const { values, positionals } = parsed();
  const [verb, subject, ...rest] = positionals;
  const usage = () => new OperatorError(USAGE);
  if (verb === undefined || rest.length > 0) throw usage();

  const allowed: Record<string, readonly string[]> = {
    list: ["json"],
    status: [],
    add: ["name", "ask"],
    passwd: ["ask"],
    remove: [],
  };
  const options = allowed[verb];
  if (options === undefined || (subject === undefined) !== (verb === "list")) throw usage();
  const stray = Object.keys(values).find((option) => option !== "env" && !options.includes(option));
  if (stray !== undefined) throw usage();

  const environment = environmentNamed(values.env ?? "local");
  const engine = engineOf(environment);
  const host = new DockerHost(engine, environment);
  const database = new DnDatabase(engine, environment.name);
  const context = { environment, host, database, tell: (line: string) => console.log(line) };
  if (verb === "list") {
    const dns = await listDns(context);
    console.log(values.json ? JSON.stringify(dns, null, 2) : renderDns(dns));
    return 0;
  }
  const dn = subject ?? "";
  if (!/^\d{1,20}$/.test(dn)) throw new OperatorError(`'${dn}' is no DN: 1 to 20 digits`);
  const password = () => choosePassword(values.ask === true);
  switch (verb) {
    case "status": {
      const outcomes = await dnStatus(environment, host, dn);
      console.log(renderTable(outcomes));
      return outcomes.every(({ passed }) => passed) ? 0 : 1;
    }
    case "add":
      await addDn(context, dn, checkedName(values.name), password);
      return 0;
    case "passwd":
      await changePassword(context, dn, password);
      return 0;
    default:
      await removeDn(context, dn);
      return 0;
  }
});

function parsed() {
  try {
    return parseArgs({
      options: {
        env: { type: "string" },
        name: { type: "string" },
        ask: { type: "boolean" },
        json: { type: "boolean" },
      },
      allowPositionals: true,
    });
  } catch {
    // The message of an option that is not known would repeat it, and it may be a password.
    throw new OperatorError(USAGE);
  }
}

function checkedName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const result = shownName.safeParse(name);
  if (!result.success) throw new OperatorError(`--name ${result.error.issues[0]?.message}`);
  return name;
}
