import { RowTimes } from "../../../../tools/bench/calls/row-times";

describe("RowTimes", () => {
  it("takes the time from an event's sending to the first look that shows it", () => {
    const times = new RowTimes();
    times.sent("a", "dialing", 100);
    times.seen([], 105);
    times.seen([{ channel_id: "a", status: "dialing" }], 110);
    times.seen([{ channel_id: "a", status: "dialing" }], 115);
    expect(times.took).toStrictEqual([10]);
    expect(times.waiting).toStrictEqual([]);
  });

  it("does not take an earlier event's row for a later one's", () => {
    const times = new RowTimes();
    times.sent("a", "dialing", 100);
    times.seen([{ channel_id: "a", status: "dialing" }], 110);
    times.sent("a", "answered", 200);
    times.seen([{ channel_id: "a", status: "dialing" }], 210);
    expect(times.waiting).toStrictEqual(["a"]);
    times.seen([{ channel_id: "a", status: "answered" }], 230);
    expect(times.took).toStrictEqual([10, 30]);
  });

  it("counts each event that one row shows together", () => {
    const times = new RowTimes();
    times.sent("a", "dialing", 100);
    times.sent("a", "answered", 104);
    times.sent("a", "ended", 108);
    times.seen([{ channel_id: "a", status: "answered" }], 110);
    expect(times.took).toStrictEqual([10, 6]);
    expect(times.waiting).toStrictEqual(["a"]);
  });

  it("leaves rows of others alone", () => {
    const times = new RowTimes();
    times.sent("a", "dialing", 100);
    times.seen([{ channel_id: "b", status: "ended" }], 110);
    expect(times.took).toStrictEqual([]);
    expect(times.waiting).toStrictEqual(["a"]);
  });
});
