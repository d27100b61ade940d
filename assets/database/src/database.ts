import { setTimeout as sleep } from "node:timers/promises";
import { runner } from "node-pg-migrate";
import { Client, type ClientConfig } from "pg";
import { scramVerifier, scramVerifies } from "./scram";

const DATABASE = "asterisk";

/** Roles of services, and how many connections each may have. */
export const ROLES = { asterisk: 20, monitor: 5, call_control: 20 } as const;

export type Role = keyof typeof ROLES;

/** Any number, the same in every run: two releases at one time go one after the other. */
const LOCK = 7_340_251;

const LOCK_NOT_AVAILABLE = "55P03";

/** Errors of a server that is still on its way up: anything else won't pass by waiting. */
const NOT_YET = new Set(["ECONNREFUSED", "ENOENT", "ECONNRESET", "ETIMEDOUT", "57P03", "57P01"]);

/**
 * Connects, and waits for a server that is not up yet.
 *
 * @param deadline milliseconds
 */
async function connect(options: ClientConfig, deadline: number): Promise<Client> {
  const end = Date.now() + deadline;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
    const client = new Client({ ...options, connectionTimeoutMillis: 5000, statement_timeout: 60_000 });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      const { code = "", message } = error as NodeJS.ErrnoException;
      const wait = pause * (0.5 + Math.random());
      if (!NOT_YET.has(code)) throw error;
      if (Date.now() + wait > end) {
        throw new Error(
          `PostgreSQL did not accept connections within ${deadline / 1000} seconds: ${message}`,
        );
      }
      await sleep(wait);
    }
  }
}

const server = () => ({
  host: process.env.PGHOST ?? "/run/control",
  user: process.env.PGUSER ?? "postgres",
});

/**
 * Does `work` connected to our database, as the superuser.
 *
 * @param deadline milliseconds in which the server has to accept connections
 */
export async function inDatabase<Result>(
  deadline: number,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect({ ...server(), database: DATABASE }, deadline);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * The same, while no release and no other change goes on.
 *
 * @param prepare is done first, connected to the database `postgres`: ours may not be there yet
 */
export async function exclusivelyInDatabase<Result>(
  deadline: number,
  work: (client: Client) => Promise<Result>,
  prepare: (cluster: Client) => Promise<void> = async () => {},
): Promise<Result> {
  const cluster = await connect({ ...server(), database: "postgres" }, deadline);
  try {
    return await exclusively(cluster, async () => {
      await prepare(cluster);
      return inDatabase(deadline, work);
    });
  } finally {
    await cluster.end();
  }
}

/** Runs `work` while no other release does. `client` is connected to `postgres`: a lock belongs to a database. */
async function exclusively<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.query("SET lock_timeout = '30s'");
  await client.query("SELECT pg_advisory_lock($1)", [LOCK]).catch((error: { code?: string }) => {
    if (error.code !== LOCK_NOT_AVAILABLE) throw error;
    throw new Error("another release, or another change of DNs, has not ended for 30 s: try again");
  });
  try {
    return await work();
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [LOCK]);
  }
}

/**
 * Makes a role if it isn't there, and sets its password if it is another one.
 *
 * @param password of a role that doesn't log in: undefined
 */
export async function ensureRole(client: Client, name: Role, password: string | undefined): Promise<void> {
  const roles = await client.query<{ rolcanlogin: boolean; rolpassword: string | null }>(
    "SELECT rolcanlogin, rolpassword FROM pg_authid WHERE rolname = $1",
    [name],
  );
  const role = client.escapeIdentifier(name);
  const before = roles.rows[0];
  if (before === undefined) {
    await client.query(
      `CREATE ROLE ${role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT ${ROLES[name]}`,
    );
  }
  const logsIn = password !== undefined;
  if (logsIn !== (before?.rolcanlogin ?? false)) {
    await client.query(`ALTER ROLE ${role} ${logsIn ? "LOGIN" : "NOLOGIN"}`);
  }
  if (logsIn && !(before?.rolpassword && scramVerifies(before.rolpassword, password))) {
    await client.query(`ALTER ROLE ${role} PASSWORD ${client.escapeLiteral(scramVerifier(password))}`);
  }
}

/** Makes the database if it isn't there; only our roles may connect to it. */
export async function ensureDatabase(client: Client): Promise<void> {
  const databases = await client.query("SELECT FROM pg_database WHERE datname = $1", [DATABASE]);
  const database = client.escapeIdentifier(DATABASE);
  if (databases.rows.length === 0) await client.query(`CREATE DATABASE ${database}`);
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  const roles = Object.keys(ROLES).map((role) => client.escapeIdentifier(role));
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${roles.join(", ")}`);
}

/** Runs the migrations that have not run yet, all or none. Returns their names. */
export async function migrate(client: Client, directory: string): Promise<string[]> {
  const migrations = await runner({
    dbClient: client,
    dir: directory,
    direction: "up",
    migrationsTable: "migrations",
    checkOrder: true,
    singleTransaction: true,
    log: () => {},
  });
  return migrations.map(({ name }) => name);
}

export async function inTransaction<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
