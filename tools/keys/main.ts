import { join } from "node:path";
import { parseArgs } from "node:util";
import { environmentNamed, root } from "../arguments";
import { engineOf } from "../engine";
import { OperatorError, runCommand } from "../progress";
import { KeyDatabase } from "./database";
import { addKey, listKeys, removeKey, renderKeys } from "./keys";

const USAGE = `usage: npm run keys -- <command> [--env <environment>], 'local' without
  list [--json]                the API keys of call-control
  add <name> --scopes <scope>,… [--agent <dn>] [--days <days>]
                               a new key, which is shown once; with --agent it speaks for that DN only
  remove <name>                takes a key away`;

runCommand(async () => {
  const { values, positionals } = parsed();
  const [verb, name, ...rest] = positionals;
  const usage = () => new OperatorError(USAGE);
  const allowed: Record<string, readonly string[]> = {
    list: ["json"],
    add: ["scopes", "agent", "days"],
    remove: [],
  };
  if (verb === undefined || !Object.hasOwn(allowed, verb) || rest.length > 0) throw usage();
  if ((name === undefined) !== (verb === "list")) throw usage();
  const stray = Object.keys(values).find((option) => option !== "env" && !allowed[verb]?.includes(option));
  if (stray !== undefined) throw usage();

  const environment = environmentNamed(values.env ?? "local");
  const context = {
    environment,
    file: join(root, "environments", `${environment.name}.yaml`),
    database: new KeyDatabase(engineOf(environment), environment.name),
    tell: (line: string) => console.log(line),
  };
  if (verb === "list") {
    const keys = await listKeys(context);
    console.log(values.json ? JSON.stringify(keys, null, 2) : renderKeys(keys));
  } else if (verb === "add") {
    const { scopes, agent, days } = values;
    await addKey(context, name ?? "", { scopes, agent, days });
  } else {
    await removeKey(context, name ?? "");
  }
  return 0;
});

function parsed() {
  try {
    return parseArgs({
      options: {
        env: { type: "string" },
        json: { type: "boolean" },
        scopes: { type: "string" },
        agent: { type: "string" },
        days: { type: "string" },
      },
      allowPositionals: true,
    });
  } catch {
    throw new OperatorError(USAGE);
  }
}
