import { Feed, type FeedMessage } from "../../../../assets/registration-monitor/src/events/feed";
import type { Row } from "../../../../assets/registration-monitor/src/rows";

const limits = { collect: 10, look: 1_000_000, frame: 1_000_000, replay: 10_000 };
const rows = new Map<string, Row>();
let head: object;
let feed: Feed;
let messages: FeedMessage[];

const row = (dn: string, registered: boolean): Row => ({
  dn,
  phone: { registered, contacts: [], since: "2026-01-05T00:00:00.000Z" },
  genesys: null,
  lastError: null,
});

function put(dn: string, registered = true): void {
  rows.set(dn, row(dn, registered));
  feed.touched(dn);
}

function make(part: Partial<typeof limits> = {}): void {
  const source = {
    row: (dn: string) => rows.get(dn),
    outsideRange: () => 0,
    updatedAt: () => "2026-01-05T00:00:00.000Z",
    head: () => head,
  };
  feed = new Feed(source, { ...limits, ...part }, "boot");
  messages = [];
  feed.subscribe((message) => messages.push(message));
}

const entry = (id: number) => ({
  id,
  at: "2026-01-05T00:00:00.000Z",
  dn: "1002",
  what: "phone" as const,
  trouble: false,
  text: "came",
});
const read = (message: FeedMessage | undefined) => JSON.parse(message?.data ?? "{}");

beforeEach(() => {
  rows.clear();
  head = { mode: "static" };
  make();
  feed.flush();
});

afterEach(() => feed.stop());

describe("a message", () => {
  it("is one, however many rows have changed", async () => {
    make({ frame: 10_000_000 });
    feed.flush();
    messages.length = 0;
    for (let n = 0; n < 5_000; n++) put(String(1_000 + n));
    for (let n = 0; n < 5_000; n++) put(String(1_000 + n), false);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(messages).toHaveLength(1);
    expect(read(messages[0]).rows).toHaveLength(5_000);
  });

  it("has only what is different: rows, totals, the head, changes", () => {
    put("1002");
    feed.flush();
    expect(read(messages.at(-1))).toMatchObject({ rows: [{ dn: "1002" }], totals: { listed: 1 } });
    expect(read(messages.at(-1))).not.toHaveProperty("head");
    const before = messages.length;
    put("1002");
    feed.flush();
    expect(messages).toHaveLength(before);
    head = { mode: "proxy" };
    feed.entry(entry(7));
    feed.flush();
    const { version } = feed;
    expect(read(messages.at(-1))).toStrictEqual({ version, head, changes: [entry(7)] });
  });

  it("names rows that are gone, once", () => {
    put("1002");
    feed.flush();
    rows.delete("1002");
    feed.touched("1002");
    feed.flush();
    expect(read(messages.at(-1))).toMatchObject({ gone: ["1002"], totals: { listed: 0 } });
    const before = messages.length;
    feed.touched("1002");
    feed.touched("1003");
    feed.flush();
    expect(messages).toHaveLength(before);
  });

  it("that would be too long tells to fetch the whole", () => {
    make({ frame: 500 });
    for (let n = 0; n < 10; n++) put(String(1_000 + n));
    feed.flush();
    expect(messages).toStrictEqual([{ version: "boot-1", data: undefined }]);
  });
});

describe("the whole", () => {
  it("is the state of its version, with the rows in the order of the DNs", () => {
    for (const dn of ["1010", "1002", "1003"]) put(dn);
    const whole = JSON.parse(feed.snapshot());
    expect(whole).toMatchObject({ mode: "static", totals: { listed: 3 }, version: feed.version });
    expect(whole.rows.map(({ dn }: Row) => dn)).toStrictEqual(["1002", "1003", "1010"]);
    expect(messages.at(-1)?.version).toBe(feed.version);
    put("1002", false);
    const next = JSON.parse(feed.snapshot());
    expect([next.rows[0].phone.registered, next.version === whole.version]).toStrictEqual([false, false]);
  });
});

describe("who comes back", () => {
  it("gets what was missed, and nothing else", () => {
    for (const dn of ["1002", "1003", "1004"]) {
      put(dn);
      feed.flush();
    }
    expect(feed.since("boot-4")).toStrictEqual([]);
    expect(feed.since("boot-2")?.map(({ version }) => version)).toStrictEqual(["boot-3", "boot-4"]);
    expect(feed.since("boot-0")).toHaveLength(4);
  });

  it.each(["other-2", "boot-99", "", "boot-x"])("with %j has to fetch the whole", (version) => {
    put("1002");
    feed.flush();
    expect(feed.since(version)).toBeUndefined();
  });

  it("after too many messages has to fetch the whole", () => {
    for (let n = 0; n < 100; n++) {
      put("1002", n % 2 === 0);
      feed.flush();
    }
    expect(feed.since("boot-3")).toBeUndefined();
    expect(feed.since("boot-100")).toHaveLength(1);
  });
});
