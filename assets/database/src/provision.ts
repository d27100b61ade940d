import type { ClientBase } from "pg";
import type { PhoneSettings } from "./config";
import { type PhoneRows, phoneRows } from "./phones";
import { removePhones, writePhones } from "./rows";

export interface ProvisionSummary {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
  /** DNs of the database that did not come from an environment file, and stay. */
  readonly kept: number;
}

/**
 * Makes the database's provisioned phones exactly `phones`, in one transaction of the caller's.
 *
 * A DN that was added by other means and is in `phones` belongs to the environment from then on. Of the DNs that are
 * in neither, those that an operator added follow the settings, and the rows of others are not touched.
 */
export async function provision(
  client: ClientBase,
  phones: readonly PhoneRows[],
  settings: PhoneSettings,
): Promise<ProvisionSummary> {
  const numbers = phones.map((phone) => phone.ps_endpoints.id);
  const gone = await client.query<{ dn: string }>(
    "DELETE FROM provisioned_dns WHERE dn <> ALL($1::text[]) RETURNING dn",
    [numbers],
  );
  await removePhones(
    client,
    gone.rows.map(({ dn }) => dn),
  );
  const { added, changed } = await adopt(client, phones);
  await refreshAdded(client, settings);

  const kept = await client.query<{ count: string }>(
    "SELECT count(*) FROM ps_endpoints WHERE id NOT IN (SELECT dn FROM provisioned_dns)",
  );
  return {
    added,
    changed,
    removed: gone.rows.length,
    unchanged: numbers.length - added - changed,
    kept: Number(kept.rows[0]?.count),
  };
}

export interface Adopted {
  readonly added: number;
  readonly changed: number;
  /** DNs that an operator had added, and that are the environment's from now on. */
  readonly takenOver: readonly string[];
}

/** Writes phones as the environment's own, in one transaction of the caller's; others stay as they are. */
export async function adopt(client: ClientBase, phones: readonly PhoneRows[]): Promise<Adopted> {
  const numbers = phones.map((phone) => phone.ps_endpoints.id);
  const before = await client.query<{ id: string }>("SELECT id FROM ps_endpoints WHERE id = ANY($1)", [
    numbers,
  ]);
  const known = new Set(before.rows.map(({ id }) => id));
  const written = await writePhones(client, phones);
  const taken = await client.query<{ dn: string }>("DELETE FROM added_dns WHERE dn = ANY($1) RETURNING dn", [
    numbers,
  ]);
  await client.query("INSERT INTO provisioned_dns (dn) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", [
    numbers,
  ]);
  return {
    added: numbers.filter((number) => !known.has(number)).length,
    changed: [...written].filter((number) => known.has(number)).length,
    takenOver: taken.rows.map(({ dn }) => dn),
  };
}

/** Writes the rows of added DNs as the settings now have them, with the passwords that they have. */
async function refreshAdded(client: ClientBase, settings: PhoneSettings): Promise<void> {
  const added = await client.query<
    { [column in "number" | "username" | "realm" | "md5"]: string } & {
      name: string | null;
    }
  >(
    `SELECT dn AS number, display_name AS name, username, realm, substr(password_digest, 5) AS md5
     FROM added_dns JOIN ps_auths ON id = dn WHERE password_digest LIKE 'MD5:%'`,
  );
  await writePhones(
    client,
    added.rows.map(({ number, name, ...credential }) =>
      phoneRows(settings, { number, displayName: name ?? undefined }, credential),
    ),
  );
}
