import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { hashOfKey, newApiKey } from "../../../assets/call-control/src/access/api-key";
import { type AuditEntry, AuditTrail } from "../../../assets/call-control/src/audit/audit-trail";
import { Database } from "../../../assets/call-control/src/database/database";
import { type CallControlService, start } from "../../../assets/call-control/src/service";
import { DeliveryStore } from "../../../assets/call-control/src/webhooks/store";
import { config, silent } from "../../assets/call-control/support/world";
import { docker, eventually } from "../asterisk/docker";
import { passwords, ports, Stand } from "../asterisk/stand";

/** The whole service on a real database; what it takes for Asterisk refuses its password. */

jest.setTimeout(60_000);

const address = "127.0.86.4";
const asteriskPort = 28088;
const stand = new Stand("asterisk-test-call-api", address);
const settings = config({
  listen: { address, port: 28083 },
  ari: {
    url: `http://${address}:${asteriskPort}/ari`,
    username: "webrtc",
    password: "wrong",
    app: "callcenter",
  },
  database: { host: address, port: ports.postgres, user: "call_control", password: "swordfish" },
});
const asked: string[] = [];
let asterisk: Server;
let database: Database;
let service: CallControlService | undefined;

beforeAll(async () => {
  asterisk = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(401).end();
  });
  asterisk.on("upgrade", (_request, socket) =>
    socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
  );
  await new Promise<void>((resolve) => asterisk.listen(asteriskPort, address, resolve));
  stand.writeSecrets(passwords);
  await stand.prepare("postgres", "database");
  await stand.startPostgres();
  const { status, output } = await stand.releaseDatabase();
  if (status !== 0) throw new Error(output);
  await stand.sql("ALTER ROLE call_control LOGIN PASSWORD 'swordfish'");
  database = new Database(settings.database, silent);
  service = await start(settings, { log: silent });
}, 300_000);

afterAll(async () => {
  await service?.stop();
  await database?.close();
  asterisk?.closeAllConnections();
  asterisk?.close();
  await stand.remove();
}, 60_000);

async function makeKey(name: string, scopes: readonly string[], columns = ""): Promise<string> {
  const key = newApiKey();
  await stand.sql(
    `INSERT INTO call_control.api_keys (name, key_hash, scopes${columns && ", agent"}) VALUES
     ('${name}', decode('${hashOfKey(key).toString("hex")}', 'hex'), '{${scopes.join()}}'${columns && `, '${columns}'`})`,
  );
  return key;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what an answer has is what these tests look at
  readonly body: any;
}

async function ask(path: string, key?: string, method = "GET", body?: object): Promise<Answer> {
  const response = await fetch(`http://${address}:${service?.port}${path}`, {
    method,
    headers: {
      ...(key !== undefined && { Authorization: `Bearer ${key}` }),
      ...(body && { "Content-Type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  return { status: response.status, body: await response.json() };
}

describe("the service", () => {
  it("says that Asterisk does not take its password, and asks at /ari once", async () => {
    const health = await eventually("the refusal", async () => {
      const answer = await ask("/healthz");
      return JSON.stringify(answer.body).includes("rejects") ? answer : undefined;
    });
    const words = 'Asterisk rejects the ARI user "webrtc": the user or its password is wrong';
    expect(health).toMatchObject({
      status: 503,
      body: { live: true, ready: false, reasons: [`Asterisk: ${words}`] },
    });
    const key = await makeKey("tester", ["server:read"]);
    const { status, body } = await ask("/telephony/server/test", key);
    expect([status, body.ok, body.asterisk.error, body.database.ok]).toStrictEqual([200, false, words, true]);
    expect(asked.at(-1)).toBe("GET /ari/asterisk/info?only=system%2Cstatus");
  });

  it("knows keys by their hashes, and what they are for", async () => {
    const key = await makeKey("desk", ["calls:read", "of a later release"], "1001");
    expect((await ask("/telephony/access/", key)).body).toStrictEqual({
      name: "key:desk",
      scopes: ["calls:read"],
      agent: "1001",
    });
    expect((await ask("/telephony/calls/live/", key)).body).toStrictEqual({ calls: [] });
    expect((await ask("/telephony/audit/", key)).status).toBe(403);
    expect((await ask("/telephony/calls/", newApiKey())).status).toBe(401);
    await eventually("the note of its use", async () =>
      (await stand.sql("SELECT last_used_at IS NOT NULL FROM call_control.api_keys WHERE name = 'desk'")) ===
      "t"
        ? true
        : undefined,
    );
  });

  it("refuses a key within seconds after it was taken away", async () => {
    const key = await makeKey("gone", ["calls:read"]);
    expect((await ask("/telephony/calls/", key)).status).toBe(200);
    await stand.sql("DELETE FROM call_control.api_keys WHERE name = 'gone'");
    await eventually(
      "the refusal",
      async () => ((await ask("/telephony/calls/", key)).status === 401 ? true : undefined),
      5_000,
    );
  });

  it("gives the log by pages, and an agent's key that agent's calls only", async () => {
    const row = (n: number, from: string, to: string) =>
      `('${randomUUID()}', 'c${n}', 'internal', 'ended', '${from}', '${to}', '${from}',
        now() - interval '${n} minutes', now(), 'answered', 1)`;
    await stand.sql(
      `INSERT INTO call_control.call_log
         (id, channel_id, type, status, from_number, to_number, agent, started_at, ended_at, outcome, version)
       VALUES ${[row(1, "1001", "1002"), row(2, "1003", "1001"), row(3, "1002", "1003")].join()}`,
    );
    const everybody = await makeKey("everybody", ["calls:read"]);
    const pages: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body } = await ask(`/telephony/calls/?limit=2${cursor && `&cursor=${cursor}`}`, everybody);
      pages.push(body.calls.map(({ channel_id }: { channel_id: string }) => channel_id));
      cursor = body.next;
    }
    expect(pages).toStrictEqual([["c1", "c2"], ["c3"]]);
    const own = await makeKey("own", ["calls:read"], "1001");
    const { body } = await ask("/telephony/calls/", own);
    expect(body.calls.map(({ channel_id }: { channel_id: string }) => channel_id)).toStrictEqual([
      "c1",
      "c2",
    ]);
    const foreign = await ask("/telephony/calls/?agent=1002", own);
    expect(foreign.body.calls).toStrictEqual([]);
  });

  it("audits what was done and what was refused", async () => {
    const key = await makeKey("auditor", ["audit:read", "calls:control"]);
    await ask("/telephony/calls/hangup/", key, "POST", { channel_id: "none" });
    await ask("/telephony/calls/originate/", key, "POST", { phone_number: "1002", agent: "1001" });
    const entries = await eventually("the entries", async () => {
      const { body } = await ask("/telephony/audit/?actor=key:auditor", key);
      return body.entries.length === 2 ? body.entries : undefined;
    });
    expect(entries).toMatchObject([
      { action: "call.originate", status: 403, code: "FORBIDDEN", address: "127.0.0.1" },
      { action: "call.hangup", target: "none", status: 404, code: "CALL_NOT_FOUND" },
    ]);
  });

  it("goes on for keys in use while the database is away, and loses no audit entry", async () => {
    const key = await makeKey("during", ["calls:read", "calls:control", "audit:read", "server:read"]);
    const unknown = await makeKey("later", ["calls:read"]);
    expect((await ask("/telephony/calls/live/", key)).status).toBe(200);
    await docker("kill", stand.postgres);
    try {
      const began = performance.now();
      expect((await ask("/telephony/calls/live/", key)).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(2_000);
      expect(await ask("/telephony/calls/live/", unknown)).toMatchObject({
        status: 503,
        body: { error: { code: "DATABASE" } },
      });
      expect(await ask("/telephony/calls/", key)).toMatchObject({
        status: 503,
        body: { error: { code: "DATABASE" } },
      });
      expect((await ask("/telephony/server/test", key)).body.database).toMatchObject({ ok: false });
      expect((await ask("/healthz")).body.reasons).toContainEqual(expect.stringMatching(/^database: /));
      await ask("/telephony/calls/hangup/", key, "POST", { channel_id: "during" });
    } finally {
      await docker("start", stand.postgres);
    }
    const entries = await eventually("the entry", async () => {
      const { body } = await ask("/telephony/audit/?target=during", key);
      return body.entries?.length > 0 ? body.entries : undefined;
    });
    expect(entries).toMatchObject([{ action: "call.hangup", actor: "key:during" }]);
  });
});

describe("the audit's table", () => {
  const meter = { written: () => {}, dropped: () => {} };
  const entry = (request: string, at = new Date()): AuditEntry => ({
    at,
    actor: "key:twice",
    address: "::1",
    action: "call.hangup",
    status: 200,
    detail: { request },
  });

  it("takes an entry once, however often it is written", async () => {
    const [one, other] = [entry("r1"), entry("r2")];
    for (const entries of [[one, other], [one]]) {
      const trail = new AuditTrail(database.query, 1, meter, silent);
      for (const each of entries) trail.record(each);
      await trail.stop(5_000);
    }
    const trail = new AuditTrail(database.query, 1, meter, silent);
    const found = await trail.read({ actor: "key:twice", limit: 10 });
    expect(found.map(({ detail }) => detail.request).sort()).toStrictEqual(["r1", "r2"]);
    const [last] = found;
    expect(await trail.read({ actor: "key:twice", limit: 10, before: last?.id })).toHaveLength(1);
    expect(await trail.read({ actor: "key:twice", limit: 10, until: new Date(0) })).toHaveLength(0);
    await trail.stop(100);
  });
});

describe("the WebHooks' outbox", () => {
  const event = (webhook: string, at = new Date()) => ({
    webhook,
    eventId: randomUUID(),
    at,
    body: { event: "ended" },
  });
  let store: DeliveryStore;

  beforeEach(async () => {
    await stand.sql("TRUNCATE call_control.webhook_deliveries");
    store = new DeliveryStore(database.query);
  });

  it("gives an event to one who claims it, and to nobody else", async () => {
    const events = Array.from({ length: 40 }, () => event("crm"));
    await store.insert(events);
    await store.insert(events);
    const claims = await Promise.all(Array.from({ length: 8 }, () => store.claim("crm", 5)));
    const ids = claims.flat().map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toStrictEqual([40, 40]);
    expect(await store.claim("crm", 5)).toStrictEqual([]);
    expect(await store.claim("other", 5)).toStrictEqual([]);
  });

  it("gives it again when it was postponed, or its claim has run out", async () => {
    await store.insert([event("crm")]);
    const [first] = await store.claim("crm", 1);
    await store.postpone(first?.id ?? "", 3_600, "it answers 500");
    expect(await store.claim("crm", 1)).toStrictEqual([]);
    await store.postpone(first?.id ?? "", 0, "it answers 500");
    expect(await store.claim("crm", 1)).toMatchObject([
      { id: first?.id, attempts: 2, body: { event: "ended" } },
    ]);
    await stand.sql("UPDATE call_control.webhook_deliveries SET claimed_until = now() - interval '1 s'");
    expect(await store.claim("crm", 1)).toMatchObject([{ attempts: 3 }]);
    await store.remove(first?.id ?? "");
    expect(await store.pending()).toStrictEqual(new Map());
  });

  it("gives up what is old, and what is too much", async () => {
    const old = new Date(Date.now() - 25 * 3_600_000);
    await store.insert([event("crm", old), event("crm"), event("crm"), event("crm"), event("other")]);
    expect(await store.prune(24, 2)).toStrictEqual(new Map([["crm", 2]]));
    expect([...(await store.pending())].sort()).toStrictEqual([
      ["crm", 2],
      ["other", 1],
    ]);
  });
});
