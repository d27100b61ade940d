import type { Client } from "pg";
import { carryOut } from "./carry-out";
import { type KeyAnswers, type KeyRequest, keyRequestSchema, type StoredKey } from "./key-request";

/** Carries out what `npm run keys` asks for. */
export function carryOutKeys(input: AsyncIterable<Buffer>): Promise<KeyAnswers[KeyRequest["what"]]> {
  return carryOut(input, keyRequestSchema, answer);
}

function answer(client: Client, request: KeyRequest): Promise<KeyAnswers[KeyRequest["what"]]> {
  switch (request.what) {
    case "list":
      return list(client);
    case "add":
      return add(client, request);
    case "remove":
      return remove(client, request);
  }
}

type Request<What extends KeyRequest["what"]> = Extract<KeyRequest, { what: What }>;

const KEYS = "call_control.api_keys";
const COLUMNS = "name, scopes, agent, created_at, last_used_at, expires_at, expires_at <= now() AS expired";

async function list(client: Client): Promise<KeyAnswers["list"]> {
  const { rows } = await client.query<Row>(`SELECT ${COLUMNS} FROM ${KEYS} ORDER BY name`);
  return { keys: rows.map(storedKey) };
}

async function add(
  client: Client,
  { name, hash, scopes, agent, days }: Request<"add">,
): Promise<KeyAnswers["add"]> {
  const { rows } = await client.query<Row>(
    `INSERT INTO ${KEYS} (name, key_hash, scopes, agent, expires_at)
     VALUES ($1, decode($2, 'hex'), $3, $4, now() + make_interval(days => $5))
     ON CONFLICT (name) DO NOTHING RETURNING ${COLUMNS}`,
    [name, hash, scopes, agent ?? null, days ?? null],
  );
  const [row] = rows;
  return row === undefined ? { outcome: "there already" } : { outcome: "added", key: storedKey(row) };
}

async function remove(client: Client, { name }: Request<"remove">): Promise<KeyAnswers["remove"]> {
  const { rowCount } = await client.query(`DELETE FROM ${KEYS} WHERE name = $1`, [name]);
  return { outcome: rowCount === 1 ? "removed" : "unknown" };
}

interface Row {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly agent: string | null;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly expires_at: Date | null;
  readonly expired: boolean | null;
}

function storedKey(row: Row): StoredKey {
  const { name, scopes, agent, created_at, last_used_at, expires_at, expired } = row;
  return {
    name,
    scopes,
    ...(agent !== null && { agent }),
    createdAt: created_at.toISOString(),
    ...(last_used_at !== null && { lastUsedAt: last_used_at.toISOString() }),
    ...(expires_at !== null && { expiresAt: expires_at.toISOString() }),
    expired: expired === true,
  };
}
