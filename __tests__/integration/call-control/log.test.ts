import { randomUUID } from "node:crypto";
import type { Call, CallChange } from "../../../assets/call-control/src/calls/call";
import { Database } from "../../../assets/call-control/src/database/database";
import { CallLog } from "../../../assets/call-control/src/log/call-log";
import { CallLogReader, CursorError } from "../../../assets/call-control/src/log/reader";
import { toRow } from "../../../assets/call-control/src/log/rows";
import { CallLogStore } from "../../../assets/call-control/src/log/store";
import { config, silent } from "../../assets/call-control/support/world";
import { passwords, ports, Stand } from "../asterisk/stand";

jest.setTimeout(60_000);

const address = "127.0.83.14";
const stand = new Stand("asterisk-test-call-log", address);
let database: Database;
let store: CallLogStore;
let reader: CallLogReader;

beforeAll(async () => {
  stand.writeSecrets(passwords);
  await stand.prepare("postgres", "database");
  await stand.startPostgres();
  const { status, output } = await stand.releaseDatabase();
  if (status !== 0) throw new Error(output);
  await stand.sql("ALTER ROLE call_control LOGIN PASSWORD 'swordfish'");
  const settings = config({
    database: { host: address, port: ports.postgres, user: "call_control", password: "swordfish" },
  });
  database = new Database(settings.database, silent);
  store = new CallLogStore(database.query);
  reader = new CallLogReader(database.query);
}, 300_000);

afterAll(async () => {
  await database?.close();
  await stand.remove();
}, 60_000);

beforeEach(() => stand.sql("TRUNCATE call_control.call_log"));

function call(n: number, fields: Partial<Call> = {}): Call {
  return {
    ...{
      id: randomUUID(),
      type: "outbound",
      status: "dialing",
      channelId: `c${n}`,
      from: "1001",
      agent: "1001",
    },
    ...{ to: `+3161234${String(n).padStart(4, "0")}`, startedAt: new Date(1_800_000_000_000 + n * 1_000) },
    onHold: false,
    ...fields,
  };
}

const ended = (n: number, fields: Partial<Call> = {}) =>
  call(n, {
    status: "ended",
    answeredAt: new Date(1_800_000_001_000 + n * 1_000),
    endedAt: new Date(1_800_000_003_500 + n * 1_000),
    outcome: "answered",
    ...fields,
  });

describe("the call log's table", () => {
  it("keeps the latest of a call, in whatever order it comes", async () => {
    const one = ended(1, { causeText: "'quoted', \\ and ü" });
    await store.upsert([toRow(one, "test", 3)]);
    await store.upsert([
      toRow({ ...one, status: "dialing", endedAt: undefined, outcome: undefined }, "test", 2),
    ]);
    expect(await reader.get(one.id)).toStrictEqual({
      ...{ id: one.id, type: "outbound", status: "ended", channelId: "c1", from: "1001", to: "+31612340001" },
      ...{ agent: "1001", startedAt: one.startedAt, answeredAt: one.answeredAt, endedAt: one.endedAt },
      ...{ outcome: "answered", causeText: "'quoted', \\ and ü", duration: 2.5 },
    });
    expect(await reader.get(randomUUID())).toBeUndefined();
  });

  it("tells which calls of an instance are open", async () => {
    const [open, other] = [call(1), call(2)];
    await store.upsert([toRow(open, "test", 1), toRow(other, "another", 1), toRow(ended(3), "test", 1)]);
    expect((await store.open("test")).map(({ id }) => id)).toStrictEqual([open.id]);
  });

  it("loses what is too old, and no call that is up", async () => {
    await store.upsert([toRow(ended(1), "test", 1), toRow(call(2), "test", 1), toRow(ended(500), "test", 1)]);
    expect(await store.prune(new Date(1_800_000_100_000))).toBe(1);
    expect((await reader.page({})).calls).toHaveLength(2);
  });
});

describe("a search", () => {
  it("gives pages that neither repeat nor leave out a call, also of those that began at one moment", async () => {
    const calls = Array.from({ length: 25 }, (_, n) => ended(Math.floor(n / 5)));
    await store.upsert(calls.map((one) => toRow(one, "test", 1)));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await reader.page({}, { limit: 7, cursor });
      seen.push(...page.calls.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(25);
    expect(new Set(seen)).toStrictEqual(new Set(calls.map(({ id }) => id)));
    await expect(reader.page({}, { cursor: "bm9uZQ" })).rejects.toThrow(CursorError);
  });

  it("finds by each of its filters", async () => {
    const campaignId = randomUUID();
    const wanted = ended(7, {
      ...{ type: "campaign", agent: "1005", campaignId, queueEntryId: "12345678901", to: "+4420" },
    });
    await store.upsert([wanted, ended(1), ended(2), call(3)].map((one) => toRow(one, "test", 1)));
    const at = wanted.startedAt;
    for (const filter of [
      { agent: "1005" },
      { number: "+442" },
      { type: "campaign" },
      { campaignId },
      { from: at },
      { from: at, to: new Date(at.getTime() + 1), outcome: "answered", status: "ended" },
    ] as const) {
      expect((await reader.page(filter)).calls.map(({ id }) => id)).toStrictEqual([wanted.id]);
    }
    expect((await reader.page({ number: "1001" })).calls).toHaveLength(4);
    expect((await reader.page({ number: "%" })).calls).toHaveLength(4);
    expect((await reader.page({ to: at })).calls).toHaveLength(3);
    expect((await reader.get(wanted.id))?.queueEntryId).toBe("12345678901");
  });
});

// The figure is measured by a bench, on a machine that does nothing else.
it("keeps up with 50 calls a second", async () => {
  const delays: number[] = [];
  const log = new CallLog({
    ...{ store, instance: "test", retentionDays: 365, log: silent },
    meter: { written: (seconds) => delays.push(seconds), dropped() {}, failed() {}, pruned() {} },
  });
  const tell = (what: CallChange["what"], one: Call) => log.change({ what, at: new Date(), call: one });
  for (let n = 0; n < 250; n++) {
    const one = call(n);
    tell("started", one);
    setTimeout(() => tell("answered", { ...one, status: "answered", answeredAt: new Date() }), 500);
    setTimeout(() => tell("ended", { ...ended(n), id: one.id }), 1_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await log.stop();
  expect((await reader.page({ status: "ended" }, { limit: 200 })).calls).toHaveLength(200);
  const sorted = delays.sort((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  console.info(`event to row: p50 ${sorted[sorted.length >> 1]} s, p99 ${p99} s of ${sorted.length}`);
  expect(p99).toBeLessThan(2);
});
