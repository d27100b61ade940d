import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseDatabaseConfig } from "./config";
import {
  connect,
  DATABASE,
  ensureDatabase,
  ensureRole,
  exclusively,
  inTransaction,
  migrate,
  ROLES,
  type Role,
} from "./database";
import { passwordName, passwordNames, phoneRows, phonesOf } from "./phones";
import { provision } from "./provision";
import { readSecrets } from "./secrets";

/** Milliseconds that a server which was just started gets. */
const SERVER_DEADLINE = 30_000;

const roles = Object.keys(ROLES) as Role[];
const roleSecret = (role: Role) => `postgres-${role}`;

/**
 * Brings the database to the state that this release wants: roles, schema, phones. What can be checked without the
 * server is checked first, and phones change all at once or not at all.
 *
 * The server is found by PGHOST, PGPORT and PGUSER; by default its socket in /run/control, as `postgres`.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: "string", default: "/release/files/dns.json" },
      secrets: { type: "string", default: "/run/secrets" },
      migrations: { type: "string", default: join(__dirname, "migrations") },
    },
  });
  const config = parseDatabaseConfig(readFileSync(values.config, "utf8"));
  const secrets = readSecrets(values.secrets, [...roles.map(roleSecret), ...passwordNames(config)]);
  const secret = (name: string) => secrets.get(name) ?? "";
  const phones = phonesOf(config).map((phone) =>
    phoneRows(config, phone, secret(passwordName(phone.number))),
  );

  const server = { host: process.env.PGHOST ?? "/run/control", user: process.env.PGUSER ?? "postgres" };
  const cluster = await connect({ ...server, database: "postgres" }, SERVER_DEADLINE);
  try {
    await exclusively(cluster, async () => {
      for (const role of roles) await ensureRole(cluster, role, secret(roleSecret(role)));
      await ensureDatabase(cluster);
      const client = await connect({ ...server, database: DATABASE }, SERVER_DEADLINE);
      try {
        const migrations = await migrate(client, values.migrations);
        print(`schema: ${migrations.length === 0 ? "up to date" : `ran ${migrations.join(", ")}`}`);
        const done = await inTransaction(client, () => provision(client, phones));
        print(
          `DNs: ${done.added} added, ${done.changed} changed, ${done.removed} removed, ${done.unchanged} unchanged, ` +
            `${done.kept} kept that are not from the environment file`,
        );
      } finally {
        await client.end();
      }
    });
  } finally {
    await cluster.end();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `database release failed: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
