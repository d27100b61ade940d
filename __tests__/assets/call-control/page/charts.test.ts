import {
  axisEnd,
  gaugeOf,
  minutesUntil,
  pathOf,
  segmentsOf,
} from "../../../../assets/call-control/page/logic/charts";
import { minutesOf } from "./calls";

describe("a stacked bar", () => {
  it("has its pieces one after the other, without those of nothing", () => {
    expect(segmentsOf(["a", "b", "c"] as const, { a: 1, b: 0, c: 3 })).toStrictEqual([
      { key: "a", value: 1, from: 0, share: 0.25 },
      { key: "c", value: 3, from: 0.25, share: 0.75 },
    ]);
  });

  it("of nothing has no pieces", () => expect(segmentsOf(["a"] as const, { a: 0 })).toStrictEqual([]));
});

describe("minutes", () => {
  const now = Date.parse("2026-01-05T09:10:30.000Z");

  it("are the last whole ones, none missing, without the one that runs", () => {
    const known = [
      ...minutesOf(now, 2),
      { at: "2026-01-05T09:10:00.000Z", calls: 99, answered: 9, abandoned: 0 },
    ];
    const minutes = minutesUntil(now, known, 4);
    expect(minutes.map(({ at }) => at.slice(11, 16))).toStrictEqual(["09:06", "09:07", "09:08", "09:09"]);
    expect(minutes.map(({ calls }) => calls)).toStrictEqual([
      0,
      0,
      ...minutesOf(now, 2).map(({ calls }) => calls),
    ]);
  });
});

describe("a line", () => {
  it.each([
    [0, 4],
    [4, 4],
    [5, 10],
    [11, 20],
    [40, 40],
    [41, 100],
    [1_001, 2_000],
  ])("of at most %i has an axis up to %i", (most, end) => expect(axisEnd(most)).toBe(end));

  it("goes from the left to the right, with 0 at the bottom", () => {
    expect(pathOf([0, 5, 10], 10, 200, 100)).toBe("M0 100L100 50L200 0");
    expect(pathOf([5], 10, 200, 100)).toBe("M0 50");
    expect(pathOf([], 10, 200, 100)).toBe("");
  });
});

describe("a gauge", () => {
  it.each([
    [0.015, 0.03, 0.25, 0.5],
    [0, 0, 0, 0],
    [0.3, 0.03, 1 / 1.1, 0.03 / 0.33],
  ])("of %f with the limit %f", (rate, limit, at, limitAt) => {
    const gauge = gaugeOf(rate, limit);
    expect(gauge.at).toBeCloseTo(at);
    expect(gauge.limitAt).toBeCloseTo(limitAt);
  });
});
