import type { Sample } from "../../../../tools/bench/switch/observe";
import { type Row, switchTable } from "../../../../tools/bench/switch/table";

const good: Sample = { dropped: 0, gap: { late: 199, missing: 0 }, unregistered: 999, took: 29.9 };
const bad: Sample = { dropped: 1, gap: { late: 200, missing: 200 }, unregistered: 1000, took: 30 };
const ended: Sample = { ...bad, dropped: 20, gap: undefined };

const cells = (samples: Sample[], held = true) => {
  const row: Row = { name: "row", samples, held };
  return switchTable([row]).split("\n")[1]?.trim().split(/ {2,}/).slice(1);
};

describe("the table of switches", () => {
  it("has a row for each, and the limits below", () => {
    expect(switchTable([{ name: "static to proxy", samples: [good], held: true }])).toBe(
      [
        "                 calls dropped  audio gap, ms  of it lost  DN unregistered, ms  whole, s",
        "static to proxy              0            199           0                  999      29.9",
        "limit                        0      below 200   below 200           below 1000  below 30",
      ].join("\n"),
    );
  });

  it("holds limits against the worst, not against the median", () => {
    expect(cells([good, good, bad])).toStrictEqual([
      "0 (1) OVER",
      "199 (200) OVER",
      "0 (200) OVER",
      "999 (1000) OVER",
      "29.9 (30.0) OVER",
    ]);
  });

  it("holds nothing against what is only there to be compared with", () => {
    expect(cells([bad], false)).toStrictEqual(["1", "200", "200", "1000", "30.0"]);
  });

  it("says where no call stayed up", () => {
    expect(cells([ended])?.slice(0, 3)).toStrictEqual(["20 OVER", "none", "none"]);
  });
});
