import { DatabaseError, Pool, type PoolClient, type QueryResultRow } from "pg";
import type { Logger } from "../../../../lib/service";
import type { CallControlConfig } from "../config";

/**
 * Runs one statement, and gives its rows.
 * @throws DatabaseAway when the database could not be asked, or did not answer; then it may have done it all the same
 */
export type Query = <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Connections: for the call log, campaigns, WebHooks and audit to write, and for what is asked meanwhile. */
const connections = 8;

/** Milliseconds. */
const deadlines = { connect: 3_000, statement: 8_000, query: 10_000, idle: 60_000 };

/** The moment is wrong, not what was asked: trying again later is of use. */
export class DatabaseAway extends Error {
  override readonly name = "DatabaseAway";
}

/** The database by the role `call_control`. */
export class Database {
  readonly #pool: Pool;

  constructor({ host, port, user, password }: CallControlConfig["database"], log: Logger) {
    this.#pool = new Pool({
      host,
      port,
      user,
      password,
      database: "asterisk",
      max: connections,
      application_name: "call-control",
      keepAlive: true,
      connectionTimeoutMillis: deadlines.connect,
      statement_timeout: deadlines.statement,
      query_timeout: deadlines.query,
      idleTimeoutMillis: deadlines.idle,
    });
    // A connection that nobody uses has ended: the next query opens another.
    this.#pool.on("error", (error) => log.debug({ error: error.message }, "a database connection ended"));
  }

  readonly query: Query = (text, values) => ask(this.#pool, text, values);

  /** Runs statements in one transaction; it is rolled back when `work` rejects. @throws DatabaseAway */
  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch(rethrow);
    let broken: Error | undefined;
    try {
      await ask(client, "BEGIN");
      const result = await work((text, values) => ask(client, text, values));
      await ask(client, "COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
      throw error;
    } finally {
      // One that can't even roll back is not given to the next who asks.
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}

async function ask<Row extends QueryResultRow>(
  on: Pick<PoolClient, "query">,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return (await on.query<Row>(text, [...values]).catch(rethrow)).rows;
}

function rethrow(error: Error): never {
  throw isAway(error) ? new DatabaseAway(error.message, { cause: error }) : error;
}

/**
 * What the server did not say comes from the way there. Of what it says, it is away with SQLSTATE classes 08 (connection),
 * 28 (log-in), 3D (no such database), 53 (resources), 57 (shut down, or cancelled) and 58 (its system).
 */
function isAway(error: Error): boolean {
  return !(error instanceof DatabaseError) || /^(08|28|3D|53|57|58)/.test(error.code ?? "");
}

/** SQLSTATE classes 22 and 23: the data is wrong, not the moment, and trying again is of no use. */
export function isRefused(error: unknown): boolean {
  return /^2[23]/.test((error as { code?: string }).code ?? "");
}
