import Docker from "dockerode";
import { hashOfKey, newApiKey } from "../../../assets/call-control/src/access/api-key";
import type { KeyRequest } from "../../../assets/database/src/key-request";
import { NotDeployed } from "../../../tools/database-requests";
import { KeyDatabase } from "../../../tools/keys/database";
import { OperatorError } from "../../../tools/progress";
import { Stand } from "../asterisk/stand";

/** API keys in a running database, each request by a container of its own as on a Docker host. */

// Each request is a container that starts and ends.
jest.setTimeout(60_000);

const stand = new Stand("asterisk-test-keys", "127.0.77.17");
const keys = new KeyDatabase(new Docker(), stand.name);

const hash = () => hashOfKey(newApiKey()).toString("hex");
const add = (name: string, more: Partial<Extract<KeyRequest, { what: "add" }>> = {}) =>
  keys.ask<"add">({ what: "add", name, hash: hash(), scopes: ["calls:read"], ...more });
const names = async () => (await keys.ask<"list">({ what: "list" })).keys.map(({ name }) => name);

beforeAll(async () => {
  await stand.prepare("postgres", "database");
  await stand.startPostgres();
  const { status, output } = await stand.releaseDatabase();
  if (status !== 0) throw new Error(output);
}, 300_000);

afterAll(() => stand.remove(), 60_000);

it("says that an environment is not deployed", async () => {
  await expect(keys.ask<"list">({ what: "list" })).rejects.toThrow(NotDeployed);
  await stand.leaveDatabaseRelease();
  expect(await keys.ask<"list">({ what: "list" })).toStrictEqual({ keys: [] });
});

it("stores the hash of a key with what it opens, and for how long", async () => {
  const secret = hash();
  const answer = await add("crm", {
    hash: secret,
    scopes: ["calls:read", "calls:control"],
    agent: "1002",
    days: 30,
  });
  expect(answer).toMatchObject({
    outcome: "added",
    key: { name: "crm", scopes: ["calls:read", "calls:control"], agent: "1002", expired: false },
  });
  expect(
    await stand.sql(
      `SELECT encode(key_hash, 'hex') = '${secret}', expires_at BETWEEN now() + '29 days' AND now() + '31 days'
       FROM call_control.api_keys WHERE name = 'crm'`,
    ),
  ).toBe("t|t");
});

it("gives a name once, also when two operators want it at one time", async () => {
  const outcomes = await Promise.all([add("desk"), add("desk")]);
  expect(outcomes.map(({ outcome }) => outcome).sort()).toStrictEqual(["added", "there already"]);
});

it("lists when a key was used last and whether it has run out, and no hash", async () => {
  await stand.sql(
    "UPDATE call_control.api_keys SET last_used_at = '2026-01-02T03:04:05Z', expires_at = '2026-02-03T00:00:00Z' WHERE name = 'crm'",
  );
  const { keys: listed } = await keys.ask<"list">({ what: "list" });
  expect(listed).toMatchObject([
    {
      name: "crm",
      agent: "1002",
      lastUsedAt: "2026-01-02T03:04:05.000Z",
      expiresAt: "2026-02-03T00:00:00.000Z",
      expired: true,
    },
    { name: "desk", scopes: ["calls:read"], expired: false },
  ]);
  expect(JSON.stringify(listed)).not.toMatch(/hash|[0-9a-f]{64}/);
});

it("takes a key away, once", async () => {
  expect(await keys.ask<"remove">({ what: "remove", name: "crm" })).toStrictEqual({ outcome: "removed" });
  expect(await keys.ask<"remove">({ what: "remove", name: "crm" })).toStrictEqual({ outcome: "unknown" });
  expect(await names()).toStrictEqual(["desk"]);
});

it("takes no request that could mean something else", async () => {
  await expect(add("x'; --")).rejects.toThrow(OperatorError);
  await expect(add("x", { hash: "short" })).rejects.toThrow(OperatorError);
  await expect(add("x", { scopes: [] })).rejects.toThrow(OperatorError);
  await expect(add("x", { days: 4000 })).rejects.toThrow(OperatorError);
  expect(await names()).toStrictEqual(["desk"]);
});
