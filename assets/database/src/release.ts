import { readFileSync } from "node:fs";
import { parseDatabaseConfig } from "./config";
import { credentialOfSecret } from "./credential";
import {
  ensureDatabase,
  ensureRole,
  exclusivelyInDatabase,
  inTransaction,
  migrate,
  ROLES,
  type Role,
} from "./database";
import { passwordName, phoneRows, phonesOf } from "./phones";
import { provision } from "./provision";
import { readSecrets } from "./secrets";

export interface ReleasePlaces {
  /** The file dns.json. */
  readonly config: string;
  /** Directories. */
  readonly secrets: string;
  readonly migrations: string;
}

/** Milliseconds that a server which was just started gets. */
const SERVER_DEADLINE = 30_000;

const roles = Object.keys(ROLES) as Role[];
const roleSecret = (role: Role) => `postgres-${role.replace("_", "-")}`;

/**
 * Brings the database to the state that this release wants: roles, schema, phones. What can be checked without the
 * server is checked first, and phones change all at once or not at all.
 *
 * @param tell is given lines for the operator
 */
export async function release(places: ReleasePlaces, tell: (line: string) => void): Promise<void> {
  const config = parseDatabaseConfig(readFileSync(places.config, "utf8"));
  const wanted = phonesOf(config);
  const numbers = new Map(wanted.map(({ number }) => [passwordName(number), number]));
  const credential = (name: string, secret: string) =>
    credentialOfSecret(numbers.get(name) ?? "", config.realm, secret);
  const logIn = roles.filter((role) => role !== "call_control" || config.callControl === true);
  const secrets = readSecrets(places.secrets, [...logIn.map(roleSecret), ...numbers.keys()], (name, text) => {
    if (numbers.has(name)) credential(name, text);
  });
  const secret = (name: string) => secrets.get(name) ?? "";
  const phones = wanted.map((phone) => {
    const name = passwordName(phone.number);
    return phoneRows(config, phone, credential(name, secret(name)));
  });

  await exclusivelyInDatabase(
    SERVER_DEADLINE,
    async (client) => {
      const migrations = await migrate(client, places.migrations);
      tell(`schema: ${migrations.length === 0 ? "up to date" : `ran ${migrations.join(", ")}`}`);
      const done = await inTransaction(client, () => provision(client, phones, config));
      tell(
        `DNs: ${done.added} added, ${done.changed} changed, ${done.removed} removed, ${done.unchanged} unchanged, ` +
          `${done.kept} kept that are not from the environment file`,
      );
    },
    async (cluster) => {
      for (const role of roles) await ensureRole(cluster, role, secrets.get(roleSecret(role)));
      await ensureDatabase(cluster);
    },
  );
}
