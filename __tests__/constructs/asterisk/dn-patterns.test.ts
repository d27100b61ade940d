import fc from "fast-check";
import { dnPatterns } from "../../../constructs/asterisk/dn-patterns";

/** Asterisk's pattern matching, as far as `X` and `[a-b]` go. */
function matches(pattern: string, number: string): boolean {
  if (!pattern.startsWith("_")) return pattern === number;
  return new RegExp(`^${pattern.slice(1).replaceAll("X", "[0-9]")}$`).test(number);
}

const matching = (patterns: string[], number: string) =>
  patterns.filter((pattern) => matches(pattern, number));

describe("dnPatterns", () => {
  it.each([
    ["1000", "5020", ["5020", "_50[0-1]X", "_[1-4]XXX"]],
    ["1002", "1002", ["1002"]],
    ["1000", "1999", ["_1XXX"]],
    ["0000", "9999", ["_XXXX"]],
    ["1002", "1003", ["_100[2-3]"]],
    ["0010", "0019", ["_001X"]],
  ])("covers %s-%s", (from, to, expected) => {
    expect(dnPatterns([{ from, to }])).toStrictEqual(expected);
  });

  it("matches every number of the ranges with one pattern, and no other number", () => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.nat(9999), fc.nat(9999))
      .map(([length, a, b]) => {
        const [low, high] = [a % 10 ** length, b % 10 ** length].sort((x, y) => x - y) as [number, number];
        return { from: String(low).padStart(length, "0"), to: String(high).padStart(length, "0") };
      });
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 4 }), (ranges) => {
        const patterns = dnPatterns(ranges);
        for (let length = 1; length <= 4; length++) {
          for (let value = 0; value < 10 ** length; value += length === 4 ? 7 : 1) {
            const number = String(value).padStart(length, "0");
            const inRange = ranges.some(
              ({ from, to }) => from.length === length && from <= number && number <= to,
            );
            if (matching(patterns, number).length !== (inRange ? 1 : 0)) {
              throw new Error(`${number}: ${matching(patterns, number)} of ${patterns}`);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("covers both ends and nothing beside them, at 20 digits too", () => {
    const patterns = dnPatterns([{ from: "00000000000000000017", to: "99999999999999999942" }]);
    expect(patterns.length).toBeLessThan(40);
    for (const inside of ["00000000000000000017", "99999999999999999942", "50000000000000000000"]) {
      expect(matching(patterns, inside)).toHaveLength(1);
    }
    for (const outside of ["00000000000000000016", "99999999999999999943"]) {
      expect(matching(patterns, outside)).toHaveLength(0);
    }
  });

  it("joins ranges that touch or overlap", () => {
    expect(
      dnPatterns([
        { from: "1500", to: "1999" },
        { from: "1000", to: "1499" },
      ]),
    ).toStrictEqual(["_1XXX"]);
    expect(
      dnPatterns([
        { from: "1000", to: "1999" },
        { from: "1002", to: "1002" },
      ]),
    ).toStrictEqual(["_1XXX"]);
    expect(
      dnPatterns([
        { from: "9", to: "9" },
        { from: "10", to: "10" },
      ]),
    ).toStrictEqual(["10", "9"]);
    expect(dnPatterns([])).toStrictEqual([]);
  });

  it.each([
    ["5000", "1000"],
    ["1", "10"],
    ["10x0", "1999"],
    ["", ""],
    ["1,n", "1,n"],
  ])("refuses %s-%s", (from, to) => {
    expect(() => dnPatterns([{ from, to }])).toThrow(`'${from}-${to}' is not a range of DNs`);
  });
});
