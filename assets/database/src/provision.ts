import type { ClientBase } from "pg";
import type { PhoneRows, Row } from "./phones";

export interface ProvisionSummary {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
  /** DNs of the database that did not come from an environment file, and stay. */
  readonly kept: number;
}

const TABLES = ["ps_endpoints", "ps_aors", "ps_auths"] as const;

/**
 * Makes the database's provisioned phones exactly `phones`, in one transaction of the caller's.
 *
 * A DN that was added by other means and is in `phones` belongs to the environment from then on. The rows of DNs
 * that are in neither are not touched.
 */
export async function provision(client: ClientBase, phones: readonly PhoneRows[]): Promise<ProvisionSummary> {
  const numbers = phones.map((phone) => phone.ps_endpoints.id);
  const removed = await removeOthers(client, numbers);

  const before = await client.query<{ id: string }>("SELECT id FROM ps_endpoints WHERE id = ANY($1)", [
    numbers,
  ]);
  const known = new Set(before.rows.map(({ id }) => id));
  const written = new Set<string>();
  for (const table of TABLES) {
    for (const id of await upsert(
      client,
      table,
      phones.map((phone) => phone[table]),
    ))
      written.add(id);
  }
  await client.query("INSERT INTO provisioned_dns (dn) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", [
    numbers,
  ]);

  const kept = await client.query<{ count: string }>(
    "SELECT count(*) FROM ps_endpoints WHERE id NOT IN (SELECT dn FROM provisioned_dns)",
  );
  const added = numbers.filter((number) => !known.has(number)).length;
  const changed = [...written].filter((number) => known.has(number)).length;
  return {
    added,
    changed,
    removed,
    unchanged: numbers.length - added - changed,
    kept: Number(kept.rows[0]?.count),
  };
}

/** Removes what was provisioned before and isn't any more, with the bindings of its phones. */
async function removeOthers(client: ClientBase, numbers: readonly string[]): Promise<number> {
  const gone = await client.query<{ dn: string }>(
    "DELETE FROM provisioned_dns WHERE dn <> ALL($1::text[]) RETURNING dn",
    [numbers],
  );
  const ids = gone.rows.map(({ dn }) => dn);
  for (const table of TABLES) await client.query(`DELETE FROM ${table} WHERE id = ANY($1)`, [ids]);
  await client.query("DELETE FROM ps_contacts WHERE endpoint = ANY($1)", [ids]);
  return ids.length;
}

/** Writes rows that differ from what is there, all columns of the table; returns their ids. */
async function upsert(
  client: ClientBase,
  table: (typeof TABLES)[number],
  rows: readonly Row[],
): Promise<string[]> {
  const columns = (
    await client.query<{ name: string }>(
      "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
      [table],
    )
  ).rows.map(({ name }) => client.escapeIdentifier(name));
  const list = columns.join(", ");
  const excluded = columns.map((column) => `excluded.${column}`).join(", ");
  const current = columns.map((column) => `${table}.${column}`).join(", ");
  const result = await client.query<{ id: string }>(
    `INSERT INTO ${table} (${list})
     SELECT ${list} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)
     ON CONFLICT (id) DO UPDATE SET (${list}) = ROW(${excluded})
     WHERE (${current}) IS DISTINCT FROM (${excluded})
     RETURNING id`,
    [JSON.stringify(rows)],
  );
  return result.rows.map(({ id }) => id);
}
