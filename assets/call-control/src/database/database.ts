import { Pool, type QueryResultRow } from "pg";
import type { Logger } from "../../../../lib/service";
import type { CallControlConfig } from "../config";

/** Runs one statement, and gives its rows. */
export type Query = <Record extends QueryResultRow>(
  text: string,
  values?: readonly unknown[],
) => Promise<Record[]>;

/** Connections that all parts of the service share. */
const CONNECTIONS = 8;

/** Milliseconds. */
const deadlines = { connect: 3_000, statement: 8_000, query: 10_000, idle: 60_000 };

/** The database by the role `call_control`, which owns nothing and may change the tables of its own schema. */
export class Database {
  readonly #pool: Pool;

  constructor({ host, port, user, password }: CallControlConfig["database"], log: Logger) {
    this.#pool = new Pool({
      host,
      port,
      user,
      password,
      database: "asterisk",
      max: CONNECTIONS,
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

  readonly query: Query = async <Record extends QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ) => {
    const { rows } = await this.#pool.query<Record>(text, [...values]);
    return rows;
  };

  /** Runs statements in one transaction; it is rolled back when `work` rejects. */
  async transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      const result = await work(async (text, values = []) => (await client.query(text, [...values])).rows);
      await client.query("COMMIT");
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

/** Whether the database will never take this data (SQLSTATE classes 22 and 23): trying again would be of no use. */
export function isRefused(error: unknown): boolean {
  return /^2[23]/.test((error as { code?: string }).code ?? "");
}
