import type { TimelineEntry } from "../../../../assets/registration-monitor/src/changes";
import type { HistoryQuery, TimelineStore } from "../../../../assets/registration-monitor/src/timeline/store";
import { Timeline, type TimelineMeter } from "../../../../assets/registration-monitor/src/timeline/timeline";
import { createLogger } from "../../../../lib/service";

const limits = { waiting: 10, recent: 4, batch: 3, collect: 5, prune: 20, stop: 50 };

/** The table in memory, which fails when told to. */
class MemoryStore implements Pick<TimelineStore, keyof TimelineStore> {
  rows = new Map<number, TimelineEntry>();
  batches: number[] = [];
  failure: (Error & { code?: string }) | undefined;
  pruned: number[] = [];
  behind = 0;
  /** Takes the batch, and then loses the answer. */
  loseAnswer = false;

  async insert(entries: readonly TimelineEntry[]): Promise<void> {
    if (this.failure) throw this.failure;
    this.batches.push(entries.length);
    for (const entry of entries) if (!this.rows.has(entry.id)) this.rows.set(entry.id, entry);
    if (this.loseAnswer) {
      this.loseAnswer = false;
      throw new Error("Connection terminated unexpectedly");
    }
  }

  async read({ dn, before, from, limit }: HistoryQuery): Promise<TimelineEntry[]> {
    if (this.failure) throw this.failure;
    const fits = (one: TimelineEntry) =>
      one.id < before && one.id >= from && (dn === undefined || one.dn === dn);
    return [...this.rows.values()].filter(fits).reverse().slice(0, limit);
  }

  async troubles() {
    return [];
  }

  async idBehind(): Promise<number> {
    return this.behind;
  }

  async prune(id: number): Promise<number> {
    this.pruned.push(id);
    return 0;
  }
}

let store: MemoryStore;
let counts: Record<string, number>;
let timeline: Timeline;
let now: number;

const count = (what: string, by = 1): void => {
  counts[what] = (counts[what] ?? 0) + by;
};
const meter: TimelineMeter = {
  written: (by) => count("written", by),
  dropped: (by) => count("dropped", by),
  pruned: () => {},
  failed: (what) => count(what),
};

const until = async (condition: () => boolean) => {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const add = (dn: string, text = `change of ${dn}`) => timeline.add(dn, "phone", text, false);
const away = (code?: string) => Object.assign(new Error("connect ECONNREFUSED"), { code });

beforeEach(() => {
  store = new MemoryStore();
  counts = {};
  now = Date.UTC(2026, 0, 5);
  timeline = new Timeline(
    store as unknown as TimelineStore,
    { retentionHours: 2, maxRows: 1_000 },
    meter,
    createLogger("monitor", "silent"),
    limits,
    () => now,
  );
});

afterEach(() => timeline.stop());

describe("an entry", () => {
  it("has a time and an id of its own, also when the clock is set back", () => {
    const first = add("1002");
    expect(first).toStrictEqual({
      id: now * 1_000,
      at: "2026-01-05T00:00:00.000Z",
      dn: "1002",
      what: "phone",
      trouble: false,
      text: "change of 1002",
    });
    const second = add("1002");
    now -= 60_000;
    expect([second.id, add("1002").id]).toStrictEqual([first.id + 1, first.id + 2]);
  });

  it.each([
    ["a\u0000b\nc\u202ed", "a b c d"],
    ["x".repeat(600), "x".repeat(500)],
    [`${"x".repeat(499)}\u{1f600}`, `${"x".repeat(499)} `],
  ])("is one line of printable text: %j", (text, expected) => {
    expect(add("1002", text).text).toBe(expected);
  });
});

describe("entries", () => {
  it("are collected, and written in batches", async () => {
    for (let n = 0; n < 7; n++) add(String(1_000 + n));
    await until(() => store.rows.size === 7);
    expect(store.batches).toStrictEqual([3, 3, 1]);
    expect(counts.written).toBe(7);
    expect(timeline.sight).toStrictEqual({ live: true, reason: null, waiting: 0, dropped: 0 });
  });

  it("wait in a bounded queue while the database is away, and are written when it is back", async () => {
    store.failure = away();
    for (let n = 0; n < 14; n++) add(String(1_000 + n));
    await until(() => counts.write !== undefined);
    expect(timeline.sight).toStrictEqual({
      live: false,
      reason: "connect ECONNREFUSED",
      waiting: 10,
      dropped: 4,
    });
    expect(counts.dropped).toBe(4);
    store.failure = undefined;
    await until(() => store.rows.size === 10);
    expect([...store.rows.values()].map(({ dn }) => dn)).toStrictEqual(
      Array.from({ length: 10 }, (_, n) => String(1_004 + n)),
    );
    expect(timeline.sight).toMatchObject({ live: true, waiting: 0, dropped: 4 });
  });

  it("are in the table once, also when the answer to an insert was lost", async () => {
    store.loseAnswer = true;
    add("1002");
    add("1003");
    await until(() => counts.written === 2);
    expect(store.batches).toStrictEqual([2, 2]);
    expect(store.rows.size).toBe(2);
  });

  it("that the table will never take keep no others waiting", async () => {
    store.failure = away("22P05");
    add("1002");
    await until(() => counts.dropped === 1);
    store.failure = undefined;
    add("1003");
    await until(() => store.rows.size === 1);
    expect(timeline.sight).toMatchObject({ live: true, dropped: 1 });
  });

  it("are written at the end, as far as that is quick", async () => {
    add("1002");
    await timeline.stop();
    expect(store.rows.size).toBe(1);
  });

  it("don't hold up the end when the database hangs", async () => {
    store.insert = () => new Promise(() => {});
    add("1002");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const started = Date.now();
    await timeline.stop();
    expect(Date.now() - started).toBeLessThan(1_000);
  });
});

describe("the history", () => {
  const dns = async (...query: Parameters<Timeline["history"]>) =>
    (await timeline.history(...query)).changes.map(({ dn }) => dn);

  it("has what is written and what waits, each once, the latest first", async () => {
    for (const dn of ["1002", "1003"]) add(dn);
    await until(() => store.rows.size === 2);
    const third = add("1002");
    expect(await dns(10)).toStrictEqual(["1002", "1003", "1002"]);
    expect(await dns(2)).toStrictEqual(["1002", "1003"]);
    expect(await dns(10, third.id)).toStrictEqual(["1003", "1002"]);
    expect(await dns(10, undefined, "1002")).toStrictEqual(["1002", "1002"]);
  });

  it("is what memory has when the database is away, and says so", async () => {
    store.failure = away();
    for (let n = 0; n < 3; n++) add(String(1_000 + n));
    expect(await timeline.history(10)).toMatchObject({
      complete: false,
      reason: "connect ECONNREFUSED",
      changes: [{ dn: "1002" }, { dn: "1001" }, { dn: "1000" }],
    });
    for (let n = 3; n < 30; n++) add(String(1_000 + n));
    const { length } = (await timeline.history(100)).changes;
    expect(length).toBeLessThan(2 * limits.recent);
  });

  it("ends where the retention ends", async () => {
    const read = jest.spyOn(store, "read");
    await timeline.history(10);
    expect(read).toHaveBeenCalledWith(expect.objectContaining({ from: (now - 2 * 3_600_000) * 1_000 }));
  });
});

describe("what is too old or too much", () => {
  it("is removed at intervals: by age, or by number where that is more", async () => {
    timeline.start();
    const oldest = (now - 2 * 3_600_000) * 1_000;
    await until(() => store.pruned.length >= 1);
    expect(store.pruned[0]).toBe(oldest);
    store.behind = oldest + 5;
    await until(() => store.pruned.at(-1) === oldest + 5);
  });

  it("goes on being removed after a failure", async () => {
    jest.spyOn(store, "idBehind").mockRejectedValueOnce(away());
    timeline.start();
    await until(() => store.pruned.length >= 1);
    expect(counts.prune).toBe(1);
  });
});
