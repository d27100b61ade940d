import { Entries } from "../../../../assets/registration-monitor/page/logic/entries";
import { type Choice, fits } from "../../../../assets/registration-monitor/page/logic/filter";
import type { Head } from "../../../../assets/registration-monitor/page/logic/messages";
import { RowStore } from "../../../../assets/registration-monitor/page/logic/rows-store";
import { warningsOf } from "../../../../assets/registration-monitor/page/logic/warnings";
import { rowAfterKey, windowOf } from "../../../../assets/registration-monitor/page/logic/window";
import { addressOf, ago, left, mainContact } from "../../../../assets/registration-monitor/page/logic/words";
import type { TimelineEntry } from "../../../../assets/registration-monitor/src/changes";
import type { GenesysRow, Row } from "../../../../assets/registration-monitor/src/rows";

const since = "2026-01-05T00:00:00.000Z";
const now = Date.parse(since);

const genesys = (status: GenesysRow["status"], detail = ""): GenesysRow => ({
  status,
  by: "Asterisk",
  since,
  expiresAt: null,
  detail,
  server: "192.168.210.81",
});

const row = (dn: string, registered: boolean | null, part: Partial<Row> = {}): Row => ({
  dn,
  phone: { registered, contacts: [], since },
  genesys: null,
  lastError: null,
  ...part,
});

describe("RowStore", () => {
  const dns = (store: RowStore) => store.select(() => true).map(({ dn }) => dn);

  it("keeps rows in the order of the DNs, whatever comes and goes", () => {
    const store = new RowStore();
    store.replace([row("1010", true), row("1002", true)]);
    store.apply([row("1003", false), row("1010", false)], ["1002", "9999"]);
    expect(dns(store)).toStrictEqual(["1003", "1010"]);
    expect(store.get("1010")?.phone.registered).toBe(false);
    store.replace([row("1000", true)]);
    expect([dns(store), store.size]).toStrictEqual([["1000"], 1]);
  });
});

describe("a filter", () => {
  const rows = [
    row("1002", true, { genesys: genesys("Registered") }),
    row("1003", false),
    row("1004", true, { genesys: genesys("Rejected", "403 Forbidden") }),
    row("1005", null),
    row("1006", true, { genesys: genesys("Unregistered") }),
    row("1007", false, { genesys: genesys("BackingOff", "no answer") }),
    row("1008", true, {
      phone: {
        registered: true,
        since,
        contacts: [{ uri: "sip:x@192.0.2.9:5071", status: "Unreachable", since, userAgent: "JsSIP 3.13" }],
      },
      lastError: { at: since, text: "phone does not answer" },
    }),
  ];
  const found = (choice: Choice, text = "") =>
    rows.filter((one) => fits(one, { choice, text })).map(({ dn }) => dn);

  it.each([
    ["all", ["1002", "1003", "1004", "1005", "1006", "1007", "1008"]],
    ["registered", ["1002"]],
    ["offline", ["1003"]],
    ["problem", ["1004", "1006", "1007", "1008"]],
  ] as const)("%s", (choice, expected) => expect(found(choice)).toStrictEqual(expected));

  it.each([
    ["100", 7],
    ["1004", 1],
    ["forbidden", 1],
    ["jssip", 1],
    ["192.0.2.9 jssip", 1],
    ["jssip 1002", 0],
    ["192.168.210.81", 4],
    ["does not ANSWER", 1],
  ])("by the words %j finds %i", (text, count) => expect(found("all", text)).toHaveLength(count));
});

describe("the window", () => {
  it.each([
    [0, 440, 5_000, { first: 0, end: 18 }],
    [44_000, 440, 5_000, { first: 992, end: 1_018 }],
    [219_560, 440, 5_000, { first: 4_982, end: 5_000 }],
    [219_560, 440, 3, { first: 3, end: 3 }],
    [0, 440, 0, { first: 0, end: 0 }],
  ])("at %i of %i pixels and %i rows", (top, height, count, expected) => {
    expect(windowOf(top, height, 44, count)).toStrictEqual(expected);
  });

  it.each([
    ["ArrowDown", 3, 4],
    ["ArrowDown", 9, 9],
    ["ArrowDown", -1, 0],
    ["ArrowUp", 3, 2],
    ["ArrowUp", 0, 0],
    ["ArrowUp", -1, 0],
    ["PageDown", 3, 7],
    ["PageUp", 3, 0],
    ["Home", 3, 0],
    ["End", 3, 9],
    ["a", 3, undefined],
  ])("%s leads from %i to %s", (key, from, to) => expect(rowAfterKey(key, from, 10, 4)).toBe(to));

  it("has no row to lead to when there are none", () => {
    expect(rowAfterKey("End", -1, 0, 4)).toBeUndefined();
  });
});

describe("words", () => {
  const after = (seconds: number) => new Date(now + seconds * 1_000).toISOString();

  it.each([
    [0, "0 s"],
    [59, "59 s"],
    [60, "1 min"],
    [3_599, "59 min"],
    [86_399, "23 h"],
    [200_000, "2 d"],
    [-5, "0 s"],
  ])("%i seconds ago: %s", (seconds, words) => expect(ago(since, now + seconds * 1_000)).toBe(words));

  it.each([
    [9, "0:09"],
    [599.2, "10:00"],
    [3_600, "1:00:00"],
    [3_723, "1:02:03"],
    [0, "due"],
    [-9, "due"],
  ])("%f seconds left: %s", (seconds, words) => expect(left(after(seconds), now)).toBe(words));

  it.each([
    ["sip:7hf2k@192.0.2.7:5071;transport=ws", "192.0.2.7:5071"],
    ["sip:[2001:db8::1]:5060;x=y", "[2001:db8::1]:5060"],
    ["sips:a@host?h=v", "host"],
  ])("the address in %s", (uri, address) => expect(addressOf(uri)).toBe(address));

  it("the contact in the row is the one that holds longest", () => {
    const contact = (uri: string, expiresAt?: string) => ({
      uri,
      status: "Unknown" as const,
      since,
      expiresAt,
    });
    const contacts = [contact("a"), contact("b", after(9)), contact("c", after(5))];
    expect(mainContact(row("1002", true, { phone: { registered: true, since, contacts } }))?.uri).toBe("b");
    expect(mainContact(row("1002", false))).toBeUndefined();
  });
});

describe("warnings", () => {
  const good = { live: true, reason: null };
  const head: Head = {
    mode: "proxy",
    range: "1000-5020",
    release: "r",
    retentionHours: 24,
    asterisk: good,
    database: good,
    sipProxy: good,
    timeline: { ...good, waiting: 0, dropped: 0 },
  };

  it("are none when all is seen", () => {
    expect(warningsOf(head)).toStrictEqual([]);
    expect(warningsOf({ ...head, mode: "static", sipProxy: null })).toStrictEqual([]);
  });

  it("say what cannot be relied on, and why", () => {
    const bad = (reason: string) => ({ live: false, reason });
    expect(
      warningsOf({
        ...head,
        asterisk: bad("the last picture is 181 s old"),
        sipProxy: bad("401"),
        database: bad("ECONNREFUSED"),
        timeline: { ...bad("ECONNREFUSED"), waiting: 7, dropped: 3 },
      }),
    ).toStrictEqual([
      "Asterisk cannot be watched, so phones are not known: the last picture is too old",
      "sip-proxy cannot be asked, so DNs at Genesys are not known: 401",
      "The database cannot be asked, so contacts and when they expire may be old: ECONNREFUSED",
      "The timeline is behind: its changes wait for the database (ECONNREFUSED)",
      "3 changes never got into the timeline",
    ]);
  });
});

describe("Entries", () => {
  const entry = (id: number) => ({ id, dn: "1002" }) as TimelineEntry;
  const ids = (entries: Entries) => entries.all.map(({ id }) => id);

  it("are in order and each once, whichever way they come", () => {
    const entries = new Entries(10);
    expect(entries.add([entry(5), entry(3)])).toBe(true);
    expect(entries.add([entry(4), entry(5), entry(9)])).toBe(true);
    expect(entries.add([entry(9)])).toBe(false);
    expect([ids(entries), entries.oldest]).toStrictEqual([[9, 5, 4, 3], 3]);
  });

  it("are a bounded number, the latest", () => {
    const entries = new Entries(3);
    entries.add([1, 2, 3, 4, 5].map(entry));
    expect([ids(entries), entries.full]).toStrictEqual([[5, 4, 3], true]);
    entries.clear();
    expect([ids(entries), entries.oldest]).toStrictEqual([[], undefined]);
  });
});
