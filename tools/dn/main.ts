import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { shownName } from "../../config";
import { environmentNamed, root } from "../arguments";
import { engineOf } from "../engine";
import { OperatorError, runCommand } from "../progress";
import { DockerHost } from "../verify/host";
import { renderTable } from "../verify/table";
import { addDn } from "./add";
import { DnDatabase } from "./database";
import { importPhones } from "./import/import";
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
  import <file> [--dry-run] [--overwrite] [--secrets <directory>]
                               phones of another Asterisk, from its pjsip.conf or an SQL dump of its ps_* tables
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
    import: ["dry-run", "overwrite", "secrets"],
  };
  const options = allowed[verb];
  if (options === undefined || (subject === undefined) !== (verb === "list")) throw usage();
  const stray = Object.keys(values).find((option) => option !== "env" && !options.includes(option));
  if (stray !== undefined) throw usage();

  const environment = environmentNamed(values.env ?? "local");
  const engine = engineOf(environment);
  const host = new DockerHost(engine, environment);
  const database = new DnDatabase(engine, environment.name);
  const file = join(root, "environments", `${environment.name}.yaml`);
  const context = { environment, file, host, database, tell: (line: string) => console.log(line) };
  if (verb === "list") {
    const dns = await listDns(context);
    console.log(values.json ? JSON.stringify(dns, null, 2) : renderDns(dns));
    return 0;
  }
  if (verb === "import") {
    // npm runs this in the project, wherever it was called.
    const here = process.env.INIT_CWD ?? process.cwd();
    const complete = await importPhones(context, {
      path: resolve(here, subject ?? ""),
      dryRun: values["dry-run"] === true,
      overwrite: values.overwrite === true,
      secrets: values.secrets === undefined ? undefined : resolve(here, values.secrets),
    });
    return complete ? 0 : 1;
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
        "dry-run": { type: "boolean" },
        overwrite: { type: "boolean" },
        secrets: { type: "string" },
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
