import { hashOfKey, newApiKey } from "../../assets/call-control/src/access/api-key";
import { isScope, scopeNames, scopes as scopeWords } from "../../assets/call-control/src/access/scopes";
import type { StoredKey } from "../../assets/database/src/key-request";
import { displayName, type Environment, inRanges, rangeText } from "../../config";
import { colors } from "../colors";
import { type Column, renderColumns } from "../columns";
import { OperatorError } from "../progress";
import type { KeyDatabase } from "./database";

/** What a command about API keys works on. */
export interface KeyContext {
  readonly environment: Environment;
  /** Path of its file. */
  readonly file: string;
  readonly database: Pick<KeyDatabase, "ask">;
  /** Prints a line of the result. */
  readonly tell: (line: string) => void;
}

export interface KeyOptions {
  /** Names with commas between them. */
  readonly scopes: string | undefined;
  readonly agent: string | undefined;
  readonly days: string | undefined;
}

/** Makes a key, stores its hash, and shows it this once. */
export async function addKey(context: KeyContext, name: string, options: KeyOptions): Promise<void> {
  const { environment, file, database, tell } = context;
  if (environment.callControl === undefined) {
    throw new OperatorError(
      `${displayName(file)} has no callControl, so that there is no API to use a key for: add it, and deploy`,
    );
  }
  checkName(name);
  const scopes = scopesOf(options.scopes);
  const agent = options.agent === undefined ? undefined : agentOf(environment, options.agent);
  const days = options.days === undefined ? undefined : daysOf(options.days);
  const key = newApiKey();
  const answer = await database.ask<"add">({
    what: "add",
    name,
    hash: hashOfKey(key).toString("hex"),
    scopes,
    ...(agent !== undefined && { agent }),
    ...(days !== undefined && { days }),
  });
  if (answer.outcome === "there already") {
    throw new OperatorError(
      `there is a key ${name} already: choose another name, or 'npm run keys -- remove ${name}' first`,
    );
  }
  const { expiresAt } = answer.key;
  const until = expiresAt === undefined ? "until it is removed" : `until ${timeText(expiresAt)}`;
  tell(`${name} added: for ${agent === undefined ? "every agent" : `agent ${agent}`}, ${until}`);
  for (const scope of scopes) tell(`  ${scope}: ${scopeWords[scope]}`);
  tell(`  the key, which is stored nowhere and not shown again: ${colors.bold(key)}`);
}

/** Takes a key away. What it has done stays in the log of actions under its name. */
export async function removeKey({ database, tell }: KeyContext, name: string): Promise<void> {
  checkName(name);
  const { outcome } = await database.ask<"remove">({ what: "remove", name });
  if (outcome === "unknown") throw new OperatorError(`there is no key ${name}: npm run keys -- list`);
  tell(`${name} removed: within seconds it opens nothing any more`);
}

export async function listKeys({ database }: KeyContext): Promise<readonly StoredKey[]> {
  return (await database.ask<"list">({ what: "list" })).keys;
}

export function renderKeys(keys: readonly StoredKey[]): string {
  if (keys.length === 0) return "no key: npm run keys -- add <name> --scopes <scope>,…";
  const columns: Column<StoredKey>[] = [
    { title: "Key", text: ({ name }) => name },
    { title: "Scopes", text: ({ scopes }) => scopes.join(",") },
    { title: "Agent", text: ({ agent = "-" }) => agent },
    { title: "Created", text: ({ createdAt }) => timeText(createdAt) },
    {
      title: "Last used",
      text: ({ lastUsedAt }) => (lastUsedAt === undefined ? "never" : timeText(lastUsedAt)),
    },
    {
      title: "Expires",
      text: ({ expiresAt, expired }) =>
        expiresAt === undefined ? "never" : `${timeText(expiresAt)}${expired ? ", expired" : ""}`,
      paint: ({ expired }) => (expired ? colors.red : colors.dim),
    },
  ];
  return renderColumns(columns, keys);
}

/** `2026-05-01 08:30 UTC` */
function timeText(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9-]{0,63}$/.test(name)) return;
  throw new OperatorError(
    `'${name}' is no name of a key: 1 to 64 lower-case letters, digits and '-', a letter first`,
  );
}

function scopesOf(text: string | undefined) {
  const known = scopeNames.map((scope) => `  ${scope}: ${scopeWords[scope]}`).join("\n");
  const names = [...new Set((text ?? "").split(",").filter((name) => name !== ""))];
  if (names.length === 0) throw new OperatorError(`--scopes says what the key may be used for:\n${known}`);
  return names.map((name) => {
    if (!isScope(name)) throw new OperatorError(`'${name}' is no scope. There are:\n${known}`);
    return name;
  });
}

/** Calls of a DN that there can't be would all fail. */
function agentOf({ name, dns, allowedDns }: Environment, agent: string): string {
  if (!/^\d{1,20}$/.test(agent)) throw new OperatorError(`--agent '${agent}' is no DN: 1 to 20 digits`);
  if (dns.some(({ number }) => number === agent) || inRanges(agent, allowedDns)) return agent;
  throw new OperatorError(
    `--agent ${agent} is no DN of ${name}: it is neither in dns nor in allowedDns (${allowedDns.map(rangeText).join(", ")})`,
  );
}

function daysOf(text: string): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= 3650) return days;
  throw new OperatorError(`--days '${text}' is no number of days from 1 to 3650`);
}
