import type { Client } from "pg";
import { carryOut } from "./carry-out";
import { phoneRows } from "./phones";
import { adopt } from "./provision";
import { type DnAnswers, type DnRequest, requestSchema, type StoredDn } from "./request";
import { removePhones, writePhones } from "./rows";

/** Carries out what `npm run dn` asks for. */
export function carryOutDns(input: AsyncIterable<Buffer>): Promise<DnAnswers[DnRequest["what"]]> {
  return carryOut(input, requestSchema, answer);
}

function answer(client: Client, request: DnRequest): Promise<DnAnswers[DnRequest["what"]]> {
  switch (request.what) {
    case "list":
      return list(client);
    case "add":
      return add(client, request);
    case "set password":
      return setPassword(client, request);
    case "remove":
      return remove(client, request);
    case "adopt":
      return adopt(
        client,
        request.phones.map(({ credential, ...phone }) => phoneRows(request.settings, phone, credential)),
      );
  }
}

type Request<What extends DnRequest["what"]> = Extract<DnRequest, { what: What }>;

async function add(
  client: Client,
  { settings, phone: { credential, ...phone } }: Request<"add">,
): Promise<DnAnswers["add"]> {
  const { number, displayName } = phone;
  if (await isProvisioned(client, number)) return { outcome: "of the environment" };
  const there = await client.query(
    "SELECT FROM ps_endpoints WHERE id = $1 UNION ALL SELECT FROM ps_aors WHERE id = $1 UNION ALL SELECT FROM ps_auths WHERE id = $1",
    [number],
  );
  if (there.rows.length > 0) return { outcome: "there already" };
  await writePhones(client, [phoneRows(settings, phone, credential)]);
  await client.query(
    "INSERT INTO added_dns VALUES ($1, $2) ON CONFLICT (dn) DO UPDATE SET display_name = excluded.display_name",
    [number, displayName ?? null],
  );
  return { outcome: "added" };
}

async function setPassword(
  client: Client,
  { number, credential: { username, realm, md5 }, environment }: Request<"set password">,
): Promise<DnAnswers["set password"]> {
  if (!environment && (await isProvisioned(client, number))) return { outcome: "of the environment" };
  const before = await client.query<{ id: string; username: string }>(
    "SELECT a.id, a.username FROM ps_endpoints e JOIN ps_auths a ON a.id = e.auth WHERE e.id = $1",
    [number],
  );
  const [auth] = before.rows;
  if (auth === undefined) return { outcome: "unknown" };
  await client.query("UPDATE ps_auths SET username = $2, realm = $3, password_digest = $4 WHERE id = $1", [
    auth.id,
    username,
    realm,
    `MD5:${md5}`,
  ]);
  return { outcome: "changed", username: auth.username };
}

async function remove(client: Client, { number }: Request<"remove">): Promise<DnAnswers["remove"]> {
  if (await isProvisioned(client, number)) return { outcome: "of the environment" };
  const removed = await removePhones(client, [number]);
  await client.query("DELETE FROM added_dns WHERE dn = $1", [number]);
  return { outcome: removed.size > 0 ? "removed" : "unknown" };
}

async function isProvisioned(client: Client, number: string): Promise<boolean> {
  const found = await client.query("SELECT FROM provisioned_dns WHERE dn = $1", [number]);
  return found.rows.length > 0;
}

async function list(client: Client): Promise<DnAnswers["list"]> {
  const { rows } = await client.query<{
    number: string;
    name: string | null;
    source: StoredDn["source"];
    algorithm: string | null;
    username: string;
    realm: string;
    contacts: string;
  }>(`
    SELECT e.id AS number,
           substring(e.callerid FROM '^"(.*)" <') AS name,
           CASE WHEN p.dn IS NOT NULL THEN 'environment' WHEN d.dn IS NOT NULL THEN 'added' ELSE 'other' END AS source,
           split_part(a.password_digest, ':', 1) AS algorithm, a.username, a.realm,
           coalesce(c.count, 0) AS contacts
    FROM ps_endpoints e
    LEFT JOIN ps_auths a ON a.id = e.auth
    LEFT JOIN provisioned_dns p ON p.dn = e.id
    LEFT JOIN added_dns d ON d.dn = e.id
    LEFT JOIN (
      SELECT endpoint, count(*) FROM ps_contacts WHERE expiration_time > extract(epoch FROM now()) GROUP BY endpoint
    ) c ON c.endpoint = e.id
    ORDER BY length(e.id), e.id`);
  return {
    dns: rows.map(({ number, name, source, algorithm, username, realm, contacts }) => ({
      number,
      ...(name !== null && name !== `Agent ${number}` && { displayName: name }),
      source,
      ...(algorithm !== null && { digest: { algorithm, username, realm } }),
      contacts: Number(contacts),
    })),
  };
}
