import type { ClientBase } from "pg";
import type { PhoneRows, Row } from "./phones";

const TABLES = ["ps_endpoints", "ps_aors", "ps_auths"] as const;

/** Writes the rows of phones that differ from what is there; returns the DNs of those. */
export async function writePhones(client: ClientBase, phones: readonly PhoneRows[]): Promise<Set<string>> {
  const written = new Set<string>();
  for (const table of TABLES) {
    const rows = phones.map((phone) => phone[table]);
    for (const id of await upsert(client, table, rows)) written.add(id);
  }
  return written;
}

/**
 * Removes DNs with the bindings of their phones. Returns those that were there.
 *
 * Bindings run out instead of being deleted: Asterisk then removes them itself within half a minute, and tells
 * whoever watches. Without their AOR nobody is called by them from now on.
 */
export async function removePhones(client: ClientBase, numbers: readonly string[]): Promise<Set<string>> {
  const removed = new Set<string>();
  for (const table of TABLES) {
    const gone = await client.query<{ id: string }>(`DELETE FROM ${table} WHERE id = ANY($1) RETURNING id`, [
      numbers,
    ]);
    for (const { id } of gone.rows) removed.add(id);
  }
  await client.query(
    "UPDATE ps_contacts SET expiration_time = extract(epoch FROM now())::bigint - 1 WHERE endpoint = ANY($1)",
    [numbers],
  );
  return removed;
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
