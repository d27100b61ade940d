import * as fc from "fast-check";
import { inRanges } from "../../../../config";
import { numbersText, rangesOf, rangesText, subtract } from "../../../../tools/review/compare/ranges";

const range = fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 })).map(([a, b]) => ({
  from: String(Math.min(a, b)).padStart(2, "0"),
  to: String(Math.max(a, b)).padStart(2, "0"),
}));
const numbers = Array.from({ length: 100 }, (_, at) => String(at).padStart(2, "0"));

describe("ranges of DNs", () => {
  it("are as few as possible, and keep lengths apart", () => {
    expect(rangesOf(["1003", "1002", "1005", "099", "100"])).toStrictEqual([
      { from: "099", to: "100" },
      { from: "1002", to: "1003" },
      { from: "1005", to: "1005" },
    ]);
  });

  it("subtract to what is in the first and in none of the second", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 4 }), fc.array(range, { maxLength: 4 }), (ranges, without) => {
        const rest = subtract(ranges, without);
        for (const number of numbers) {
          expect(inRanges(number, rest)).toBe(inRanges(number, ranges) && !inRanges(number, without));
        }
      }),
    );
  });

  it("leave DNs of another length alone", () => {
    expect(subtract([{ from: "100", to: "200" }], [{ from: "0100", to: "0200" }])).toStrictEqual([
      { from: "100", to: "200" },
    ]);
  });

  it("are written as people do", () => {
    expect(numbersText(["1002", "1003"])).toBe("1002, 1003");
    expect(numbersText(["1002", "1003", "1004"])).toBe("1002-1004");
    expect(numbersText(Array.from({ length: 5000 }, (_, at) => String(1000 + at)))).toBe("1000-5999 (5000)");
  });

  it("are cut when there are many", () => {
    const many = Array.from({ length: 20 }, (_, at) => ({
      from: String(100 + 2 * at),
      to: String(100 + 2 * at),
    }));
    expect(rangesText(many)).toMatch(/^100, 102, .* and 8 more$/);
  });
});
