import type Docker from "dockerode";
import { OperatorError } from "../progress";
import { execute, printed } from "./execute";
import { type DatabaseFacts, databaseFacts } from "./manifest";

const DATABASE = "asterisk";

/** Where phones are right now. A backup leaves it out: of another day, it would send calls to where nobody is. */
const BINDINGS = "public.ps_contacts";

/** What changes all the time or by itself: it is no sign that two databases differ. */
const RESTLESS = [
  "public.migrations",
  "monitor.dn_changes",
  "call_control.agents",
  "call_control.webhook_deliveries",
];

/** Of a table's rows in any order. With a call log of years, the one that joins all hashes would need more memory than there is. */
const DIGEST = "md5(string_agg(md5(t::text), '' ORDER BY md5(t::text)))";
const SUM_DIGEST = "sum(('x' || left(md5(t::text), 16))::bit(64)::bigint)::text";

/** What a restore makes first, and what it leaves until the restored one has proven itself. */
const RESTORED = `${DATABASE}_restored`;
const REPLACED = `${DATABASE}_replaced`;

const CONNECTION = "export PGHOST=/run/control PGUSER=postgres";

/** As JSON in one line. The rows of a table are counted by a query of their own, whose result comes as XML. */
const FACTS = `
  SELECT jsonb_build_object(
    'postgres', current_setting('server_version'),
    'migrations', (SELECT coalesce(jsonb_agg(name ORDER BY id), '[]') FROM public.migrations),
    'tables', (
      SELECT jsonb_object_agg(name, jsonb_strip_nulls(jsonb_build_object(
        'rows', (xpath('/row/n/text()', counted))[1]::text::bigint,
        'digest', (xpath('/row/digest/text()', counted))[1]::text)))
      FROM (
        SELECT name, query_to_xml(format(
          'SELECT count(*) AS n, %s AS digest FROM %I.%I AS t',
          CASE WHEN name IN (${RESTLESS.map((name) => `'${name}'`).join(", ")}) THEN 'NULL'
            WHEN schemaname = 'call_control' THEN ${literal(SUM_DIGEST)} ELSE ${literal(DIGEST)} END,
          schemaname, tablename), false, true, '') AS counted
        FROM (SELECT *, schemaname || '.' || tablename AS name FROM pg_tables) AS named
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND name <> '${BINDINGS}') AS each))`;

/** What the database is and pg_dump's output are of one moment: the dump uses the snapshot of the session that counts. */
const DUMP = `
  set -euo pipefail
  ${CONNECTION} PGDATABASE=${DATABASE}
  coproc session { psql -XAtq -v ON_ERROR_STOP=1; }
  echo 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot();' >&"\${session[1]}"
  read -r -t 30 snapshot <&"\${session[0]}"
  printf '%s;\\n' "$1" >&"\${session[1]}"
  read -r -t 300 facts <&"\${session[0]}"
  printf '%s\\n' "$facts"
  pg_dump --format=custom --snapshot="$snapshot" --lock-wait-timeout=30s --exclude-table-data=${BINDINGS}
  # Not the last command: bash would make way for that, and the session would end before it.
  exit 0`;

/** In one transaction. $1: bytes of the dump, so that one which was cut off on its way is no whole one. */
const LOAD = `
  set -euo pipefail
  ${CONNECTION}
  psql -XAtq -v ON_ERROR_STOP=1 -d postgres -c "SET client_min_messages = warning" \\
    -c 'DROP DATABASE IF EXISTS ${RESTORED} WITH (FORCE)' -c 'CREATE DATABASE ${RESTORED} TEMPLATE template0'
  head -c "$1" | pg_restore --exit-on-error --single-transaction --no-owner -d ${RESTORED}`;

/** The database of an environment, in its Postgres on the Docker host. */
export class Database {
  private readonly server: Docker.Container;

  constructor(
    private readonly engine: Docker,
    private readonly environment: string,
  ) {
    this.server = engine.getContainer(`${environment}-postgres`);
  }

  /** "absent" where there is none yet, "stopped" where its files are there and nobody can ask it. */
  public async find(): Promise<DatabaseFacts | "absent" | "stopped"> {
    const state = await this.server.inspect().catch(unlessMissing);
    if (state?.State.Running) return this.facts();
    const volume = await this.engine
      .getVolume(`${this.environment}-postgres-data`)
      .inspect()
      .catch(unlessMissing);
    return volume === undefined ? "absent" : "stopped";
  }

  public async facts(database: string = DATABASE): Promise<DatabaseFacts> {
    return parseFacts(await this.sql(FACTS, database));
  }

  /** What it is now, and the dump of just that. */
  public async dump(): Promise<{ facts: DatabaseFacts; data: AsyncIterable<Buffer> }> {
    const output = execute(this.server, ["bash", "-c", DUMP, "dump", FACTS.replaceAll(/\s+/g, " ")]);
    let head = Buffer.alloc(0);
    for (;;) {
      const { value, done } = await output.next();
      if (done) throw new Error("Postgres did not say what it has");
      head = Buffer.concat([head, value]);
      const end = head.indexOf("\n");
      if (end < 0) continue;
      const [line, rest] = [head.subarray(0, end), head.subarray(end + 1)];
      return { facts: parseFacts(line.toString("utf8")), data: following(rest, output) };
    }
  }

  /**
   * Loads a dump beside the database, and compares what came of it with what it was. Nothing that runs notices.
   *
   * @param size bytes of the dump
   * @throws OperatorError when it can't be loaded, or is another one afterwards
   */
  public async load(dump: AsyncIterable<Uint8Array>, size: number, expected: DatabaseFacts): Promise<void> {
    const command = ["bash", "-c", LOAD, "load", String(size)];
    try {
      for await (const _ of execute(this.server, command, dump));
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError(`the database could not be restored: ${(error as Error).message}`);
    }
    const found = await this.facts(RESTORED);
    const different = differingTables(expected, found, majorOf(expected) === majorOf(found));
    if (different.length > 0) {
      throw new OperatorError(
        `the restored database is not what the backup says:\n${different.map((line) => `  ${line}`).join("\n")}`,
      );
    }
  }

  /** Puts what was loaded into the place of the database, in one step. Whoever is connected has to connect again. */
  public async exchange(): Promise<void> {
    await this.dropReplaced();
    await this.rename([DATABASE, REPLACED], [RESTORED, DATABASE]);
  }

  /** Undoes `exchange`. */
  public async exchangeBack(): Promise<void> {
    await this.rename([DATABASE, RESTORED], [REPLACED, DATABASE]);
  }

  /** Lets go of what was loaded and does not take the database's place. */
  public async dropLoaded(): Promise<void> {
    await this.sql(`DROP DATABASE IF EXISTS ${RESTORED} WITH (FORCE)`, "postgres");
  }

  /** Lets go of the one whose place was taken. */
  public async dropReplaced(): Promise<void> {
    await this.sql(`DROP DATABASE IF EXISTS ${REPLACED} WITH (FORCE)`, "postgres");
  }

  /**
   * Runs the environment's own provisioning again: roles, what is newer in the schema, the DNs of the environment file.
   *
   * @returns what it said
   * @throws OperatorError with that, when it failed
   */
  public async provision(): Promise<string> {
    const release = this.engine.getContainer(`${this.environment}-database-release`);
    await release.start();
    const { StatusCode: status } = await release.wait();
    const { StartedAt: started } = (await release.inspect()).State;
    const logs = await release.logs({
      stdout: true,
      stderr: true,
      since: Math.floor(Date.parse(started) / 1000),
    });
    const said = logs.toString("utf8").replaceAll("\r", "").trim();
    if (status !== 0) throw new OperatorError(`the database could not be brought up to date:\n${said}`);
    return said;
  }

  private async rename(...pairs: readonly (readonly [from: string, to: string])[]): Promise<void> {
    const databases = pairs.map(([from]) => `'${from}'`).join(", ");
    // Nobody can connect between these: the first rename waits for those who are told to go, and locks the others out.
    const statements = [
      "BEGIN",
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (${databases})`,
      ...pairs.map(([from, to]) => `ALTER DATABASE ${from} RENAME TO ${to}`),
      "COMMIT",
    ];
    await this.sql(statements.join("; "), "postgres");
  }

  private async sql(text: string, database: string): Promise<string> {
    const psql = ["psql", "-XAtq", "-h", "/run/control", "-U", "postgres", "-d", database];
    return printed(this.server, [
      ...psql,
      "-v",
      "ON_ERROR_STOP=1",
      "-c",
      "SET client_min_messages = warning",
      "-c",
      text,
    ]);
  }
}

/** In words, the tables that are another; with `contents` also those that have as many rows. */
export function differingTables(one: DatabaseFacts, other: DatabaseFacts, contents = true): string[] {
  const names = [...new Set([...Object.keys(one.tables), ...Object.keys(other.tables)])].sort();
  return names.flatMap((name) => {
    const [a, b] = [one.tables[name], other.tables[name]];
    if (a && b && RESTLESS.includes(name)) return [];
    if (a?.rows !== b?.rows) return [`${name}: ${rows(a)} in the backup, ${rows(b)} here`];
    return contents && a?.digest !== b?.digest ? [`${name}: ${rows(a)}, with other contents`] : [];
  });
}

function rows(table: { readonly rows: number } | undefined): string {
  if (!table) return "no such table";
  return `${table.rows} ${table.rows === 1 ? "row" : "rows"}`;
}

function majorOf({ postgres }: DatabaseFacts): string {
  return postgres.split(".")[0] ?? "";
}

function parseFacts(line: string): DatabaseFacts {
  return databaseFacts.parse(JSON.parse(line));
}

async function* following(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}

function unlessMissing(error: { statusCode?: number }): undefined {
  if (error.statusCode === 404) return undefined;
  throw error;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
