import type { LoggedChange } from "../../../../assets/genesys-simulator/src/binding-log";
import { longestOutages } from "../../../../tools/bench/switch/outages";

const BEGIN = Date.parse("2026-01-01T00:00:00.000Z");
const span = { from: BEGIN, to: BEGIN + 10_000 };
let id = 0;

const change = (after: number, bindings: number, dn = "1"): LoggedChange => ({
  id: ++id,
  time: new Date(BEGIN + after).toISOString(),
  server: "primary",
  dn,
  change: bindings === 0 ? "unregistered" : "registered",
  contact: "sip:1@127.0.0.1",
  bindings,
});

const longest = (registered: boolean, ...changes: LoggedChange[]) =>
  longestOutages(["1"], new Set(registered ? ["1"] : []), changes, span).get("1");

describe("the longest time without a binding", () => {
  it("is none for a DN that keeps one, or gets another before it loses the first", () => {
    expect(longest(true)).toBe(0);
    expect(longest(true, change(100, 2), change(101, 1), change(102, 1))).toBe(0);
  });

  it("is the longest of several, to the millisecond", () => {
    expect(longest(true, change(100, 0), change(107, 1), change(200, 0), change(203, 1))).toBe(7);
  });

  it("begins with the first of several bindings that go", () => {
    expect(longest(true, change(100, 0), change(150, 0), change(160, 1))).toBe(60);
  });

  it("goes on to the end for a DN that does not come back", () => {
    expect(longest(true, change(4_000, 0))).toBe(6_000);
  });

  it("begins with the span for a DN that was not there", () => {
    expect(longest(false, change(2_500, 1))).toBe(2_500);
    expect(longest(false)).toBe(10_000);
  });

  it("is each DN's own", () => {
    const changes = [change(100, 0, "1"), change(150, 0, "2"), change(170, 1, "1"), change(180, 1, "2")];
    const outages = longestOutages(["1", "2", "3"], new Set(["1", "2", "3"]), changes, span);
    expect([...outages]).toStrictEqual([
      ["1", 70],
      ["2", 30],
      ["3", 0],
    ]);
  });
});
