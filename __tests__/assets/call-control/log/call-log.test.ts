import type { Call, CallChange } from "../../../../assets/call-control/src/calls/call";
import { CallLog, type CallLogOptions } from "../../../../assets/call-control/src/log/call-log";
import type { CallRow } from "../../../../assets/call-control/src/log/rows";
import { FakeClock } from "../../../lib/sip/support/fake-clock";
import { silent } from "../support/world";

/** The table, and what befalls it. */
class Table {
  readonly rows = new Map<string, CallRow>();
  statements = 0;
  down = false;
  /** Rows that the table refuses. */
  readonly bad = new Set<string>();
  pruned: number[] = [];
  tooOld = 0;

  async upsert(rows: readonly CallRow[]): Promise<void> {
    this.statements++;
    await undefined;
    if (this.down) throw new Error("connect ECONNREFUSED");
    if (rows.some(({ id }) => this.bad.has(id)))
      throw Object.assign(new Error("value too long"), { code: "22001" });
    for (const row of rows) {
      if ((this.rows.get(row.id)?.version ?? 0) < row.version) this.rows.set(row.id, row);
    }
  }

  async prune(): Promise<number> {
    const count = Math.min(this.tooOld, 5_000);
    this.tooOld -= count;
    this.pruned.push(count);
    return count;
  }
}

const counted = { written: 0, dropped: 0, failed: 0 };
let table: Table;
let clock: FakeClock;
let log: CallLog;

function make(limits: CallLogOptions["limits"] = {}): CallLog {
  return new CallLog({
    store: table,
    instance: "test",
    retentionDays: 365,
    meter: {
      written: () => counted.written++,
      dropped: () => counted.dropped++,
      failed: () => counted.failed++,
      pruned: () => {},
    },
    log: silent,
    clock,
    now: () => clock.now(),
    random: () => 0.5,
    limits,
  });
}

beforeEach(() => {
  Object.assign(counted, { written: 0, dropped: 0, failed: 0 });
  table = new Table();
  clock = new FakeClock();
  log = make();
});

function change(id: string, fields: Partial<Call> = {}): CallChange {
  const at = new Date(clock.now());
  const call: Call = {
    ...{ id, type: "internal", status: "dialing", channelId: `channel-${id}`, from: "1001", to: "1002" },
    ...{ startedAt: at, onHold: false },
    ...fields,
  };
  return { what: "started", at, call };
}

it("writes a row within milliseconds of the change, and many calls in one statement", async () => {
  for (let n = 0; n < 50; n++) log.change(change(`${n}`));
  await clock.run(5);
  expect(table.rows.size).toBe(50);
  expect(table.statements).toBe(1);
  expect(log.waiting).toBe(0);
});

it("numbers the changes of a call, so that an old one that comes late changes nothing", async () => {
  log.change(change("a"));
  await clock.run(5);
  log.change(change("a", { status: "answered" }));
  await clock.run(5);
  expect(table.rows.get("a")).toMatchObject({ status: "answered", version: 2 });
  log.resume("b", 7);
  log.change(change("b", { status: "ended", endedAt: new Date(clock.now()), outcome: "lost" }));
  await clock.run(5);
  expect(table.rows.get("b")).toMatchObject({ status: "ended", version: 8 });
});

it("keeps what happens while the database is away, and writes it when it's back", async () => {
  table.down = true;
  for (let n = 0; n < 1_200; n++) log.change(change(`${n}`));
  await clock.run(30_000);
  for (let n = 0; n < 1_200; n++)
    log.change(change(`${n}`, { status: "ended", endedAt: new Date(clock.now()) }));
  expect(log.failure).toBe("connect ECONNREFUSED");
  expect(table.statements).toBeLessThan(60);
  table.down = false;
  await clock.run(5_000);
  expect(log.failure).toBeUndefined();
  expect([...table.rows.values()].filter(({ status }) => status === "ended")).toHaveLength(1_200);
  expect(counted.dropped).toBe(0);
});

it("drops what has waited for longest when too many wait, and counts it", async () => {
  log = make({ waiting: 10 });
  table.down = true;
  for (let n = 0; n < 15; n++) log.change(change(`${n}`));
  table.down = false;
  await clock.run(10_000);
  expect([...table.rows.keys()]).toStrictEqual(["5", "6", "7", "8", "9", "10", "11", "12", "13", "14"]);
  expect(counted.dropped).toBe(5);
});

it("writes a call that goes on while it is written once more", async () => {
  log.change(change("a"));
  clock.advance(5);
  log.change(change("a", { status: "answered" }));
  await clock.run(20);
  expect(table.rows.get("a")).toMatchObject({ status: "answered" });
});

it("lets no row that the table refuses keep others out", async () => {
  table.bad.add("bad");
  log.change(change("good"));
  log.change(change("bad"));
  log.change(change("better"));
  await clock.run(100);
  expect([...table.rows.keys()].sort()).toStrictEqual(["better", "good"]);
  expect([log.waiting, counted.dropped]).toStrictEqual([0, 1]);
});

it("writes the last rows at its end, and waits for a database that is away no longer than it may", async () => {
  log.change(change("a"));
  await log.stop();
  expect(table.rows.size).toBe(1);
  log = make();
  table.upsert = () => new Promise(() => {});
  log.change(change("b"));
  let stopped = false;
  void log.stop().then(() => {
    stopped = true;
  });
  await clock.run(4_999);
  expect(stopped).toBe(false);
  await clock.run(1);
  expect(stopped).toBe(true);
});

it("removes what is too old in batches", async () => {
  table.tooOld = 12_000;
  log.start();
  await clock.run(60_000);
  expect(table.pruned).toStrictEqual([5_000, 5_000, 2_000]);
  await clock.run(600_000);
  expect(table.pruned).toHaveLength(4);
  await log.stop();
});
