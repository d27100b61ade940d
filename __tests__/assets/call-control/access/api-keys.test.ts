import { hashOfKey, isApiKey, newApiKey } from "../../../../assets/call-control/src/access/api-key";
import { ApiKeys } from "../../../../assets/call-control/src/access/api-keys";
import { DatabaseAway } from "../../../../assets/call-control/src/database/database";
import { keyTable } from "../key-table";

let table: ReturnType<typeof keyTable>;
let keys: ApiKeys;
let now: number;
const key = newApiKey();

const limits = { refresh: 5, outage: 300_000, idle: 600_000, note: 60_000, known: 3 };

beforeEach(() => {
  table = keyTable();
  now = Date.parse("2026-03-02T10:00:00Z");
  keys = new ApiKeys(table.query, limits, () => now);
  table.add(key, { name: "desktop", scopes: ["calls:read", "of a later release"], agent: "1001" });
});

afterEach(() => keys.stop());

/** Until the keys in mind have been looked at once more. */
const looked = async () => {
  const before = table.statements.length;
  const end = Date.now() + 5_000;
  while (table.statements.length === before) {
    if (Date.now() > end) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
};

it("makes keys that are told from everything else, and are kept as hashes", () => {
  expect(newApiKey()).not.toBe(newApiKey());
  expect(isApiKey(key)).toBe(true);
  expect([isApiKey(`${key}x`), isApiKey("wgk_short"), isApiKey("a.b.c")]).toStrictEqual([
    false,
    false,
    false,
  ]);
  expect(hashOfKey("abc").toString("hex")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

describe("a key", () => {
  it("opens what its row says, without scopes that are none", async () => {
    const principal = await keys.find(key);
    expect(principal).toMatchObject({ actor: "key:desktop", agent: "1001" });
    expect([...(principal?.scopes ?? [])]).toStrictEqual(["calls:read"]);
  });

  it("is looked up once, however many requests come with it", async () => {
    await Promise.all([keys.find(key), keys.find(key), keys.find(key)]);
    await keys.find(key);
    expect(table.statements).toHaveLength(1);
  });

  it("that nobody knows opens nothing", async () => {
    expect(await keys.find(newApiKey())).toBeUndefined();
  });

  it("is refused from the moment on in which it expires", async () => {
    const short = newApiKey();
    table.add(short, { expiresAt: new Date(now + 1_000) });
    const principal = await keys.find(short);
    expect(principal?.isValid()).toBe(true);
    now += 1_000;
    expect(await keys.find(short)).toBeUndefined();
    expect(principal?.isValid()).toBe(false);
  });

  it("that is taken away is refused with the next look, and what it has open ends", async () => {
    keys.start();
    const principal = await keys.find(key);
    table.remove(key);
    await looked();
    expect(principal?.isValid()).toBe(false);
    expect(await keys.find(key)).toBeUndefined();
  });

  it("whose row changes opens what the row says then", async () => {
    keys.start();
    await keys.find(key);
    table.add(key, { name: "desktop", scopes: ["audit:read"] });
    await looked();
    const principal = await keys.find(key);
    expect([[...(principal?.scopes ?? [])], principal?.agent]).toStrictEqual([["audit:read"], undefined]);
  });

  it("has its use written down, at most once a minute", async () => {
    keys.start();
    await keys.find(key);
    await looked();
    await looked();
    await keys.find(key);
    await looked();
    const noted = () => table.statements.filter((text) => text.startsWith("UPDATE")).length;
    expect(noted()).toBe(1);
    now += 60_000;
    await keys.find(key);
    await looked();
    await looked();
    expect(noted()).toBe(2);
  });

  it("is looked up again when it has not been used for long", async () => {
    keys.start();
    await keys.find(key);
    now += 600_001;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(keys.recall(key)).toBeUndefined();
  });
});

it("keeps a bounded number of keys in mind: those that were used last", async () => {
  const more = [1, 2, 3].map((n) => {
    const next = newApiKey();
    table.add(next, { name: `k${n}` });
    return next;
  });
  for (const each of [key, ...more]) await keys.find(each);
  expect([key, ...more].map((each) => keys.recall(each) !== undefined)).toStrictEqual([
    false,
    true,
    true,
    true,
  ]);
});

describe("while the database is away", () => {
  it("keys in mind stay good for five minutes, and others can't be told", async () => {
    keys.start();
    await keys.find(key);
    table.state.away = true;
    await expect(keys.find(newApiKey())).rejects.toThrow(DatabaseAway);
    now += 299_000;
    expect(await keys.find(key)).toBeDefined();
    now += 2_000;
    await expect(keys.find(key)).rejects.toThrow(DatabaseAway);
    table.state.away = false;
    await looked();
    expect(await keys.find(key)).toBeDefined();
  });
});
