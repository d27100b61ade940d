import { Pool, type QueryResultRow } from "pg";
import type { Logger } from "../../../lib/service";
import type { MonitorConfig } from "./config";

/** Runs one statement, and gives its rows. */
export type Query = <Record extends QueryResultRow>(
  text: string,
  values: readonly unknown[],
) => Promise<Record[]>;

/** Connections: one for the bindings, one to write the timeline, one for who reads it. */
const connections = 3;

/** Milliseconds. */
const deadlines = { connect: 3_000, statement: 8_000, query: 10_000, idle: 60_000 };

/** The database by the role `monitor`, which may look at bindings and write its own timeline. */
export class Database {
  readonly #pool: Pool;

  constructor({ host, port, user, password, name }: MonitorConfig["database"], log: Logger) {
    this.#pool = new Pool({
      host,
      port,
      user,
      password,
      database: name,
      max: connections,
      application_name: "registration-monitor",
      keepAlive: true,
      connectionTimeoutMillis: deadlines.connect,
      statement_timeout: deadlines.statement,
      query_timeout: deadlines.query,
      idleTimeoutMillis: deadlines.idle,
    });
    // A connection that nobody uses has ended: the next query opens another.
    this.#pool.on("error", (error) => log.debug({ error: error.message }, "a database connection ended"));
  }

  readonly query: Query = async <Record extends QueryResultRow>(text: string, values: readonly unknown[]) => {
    const { rows } = await this.#pool.query<Record>(text, [...values]);
    return rows;
  };

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }
}
