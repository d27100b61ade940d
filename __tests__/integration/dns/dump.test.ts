import fc from "fast-check";
import { escapeLiteral } from "pg";
import { readSqlDump } from "../../../tools/dn/import/sql-dump";
import { docker } from "../asterisk/docker";
import { addresses, Stand } from "../asterisk/stand";

/** Dumps of a real pg_dump, of tables as Asterisk's own migrations make them, are read as what was in them. */

const stand = new Stand("asterisk-test-dump", addresses.database);
const TABLES = ["ps_endpoints", "ps_auths", "ps_aors"] as const;

const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .map((value) => value.replaceAll("\0", ""))
  .filter((value) => value !== "");
const value = fc.option(
  fc.oneof(
    text,
    fc.constantFrom(
      "\\",
      "\\N",
      "\\.",
      "a\\tb",
      "'",
      "''",
      '"',
      ";",
      "$$",
      "--",
      "/*",
      "\n",
      "\t",
      "E'",
      "NULL",
      "\r\n",
    ),
  ),
  { nil: undefined },
);
const rows = fc.sample(fc.tuple(value, value), 150).map(([a, b], index) => ({ id: `id ${index}`, a, b }));

const sql = (statement: string) => stand.sql(statement, "old");
const literal = (each: string | undefined) => (each === undefined ? "NULL" : escapeLiteral(each));

beforeAll(async () => {
  await stand.prepare("postgres");
  await stand.startPostgres();
  await stand.sql("CREATE DATABASE old", "postgres");
  await sql("CREATE TYPE yesno_values AS ENUM ('yes', 'no')");
  // Something in the way: a function, other rows, a constraint with commas.
  await sql(
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $_$ SELECT 'INSERT INTO ps_auths VALUES (1); $$' $_$",
  );
  await sql("CREATE TABLE cdr (id serial, src text, bytes bytea)");
  await sql(`INSERT INTO cdr (src, bytes) VALUES ('COPY ps_auths FROM stdin;''', '\\x00ff27')`);
  for (const table of TABLES) {
    await sql(
      `CREATE TABLE ${table} (id varchar(40) NOT NULL UNIQUE, "100rel" text DEFAULT 'a,b)', username text, webrtc yesno_values, n integer,
       CONSTRAINT c CHECK (username <> ',' OR n < 10))`,
    );
    const tuples = rows.map(({ id, a, b }) => `(${literal(id)}, ${literal(a)}, ${literal(b)}, 'yes', 7)`);
    await sql(`INSERT INTO ${table} VALUES ${tuples.join(", ")}`);
  }
}, 300_000);

afterAll(() => stand.remove(), 60_000);

it.each([
  ["COPY"],
  ["INSERTs", "--inserts"],
  ["INSERTs of many rows", "--column-inserts", "--rows-per-insert=20"],
  ["COPY without definitions", "--data-only"],
])(
  "reads %s",
  async (_, ...options) => {
    const pgDump = ["pg_dump", "-h", "/run/control", "-U", "postgres", ...options, "old"];
    const dump = await docker("exec", stand.postgres, ...pgDump);
    const objects = readSqlDump("dump.sql", Buffer.from(`${dump}\n`));
    expect(objects).toHaveLength(rows.length * TABLES.length);
    for (const type of ["endpoint", "auth", "aor"]) {
      const read = objects
        .filter((object) => object.type === type)
        .map(({ id, options: values }) => ({
          id,
          a: values.get("100rel")?.[0]?.value,
          b: values.get("username")?.[0]?.value,
          webrtc: values.get("webrtc")?.[0]?.value,
          n: values.get("n")?.[0]?.value,
        }));
      expect(read).toStrictEqual(rows.map((row) => ({ ...row, webrtc: "yes", n: "7" })));
    }
  },
  30_000,
);
