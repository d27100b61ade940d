import fc from "fast-check";
import { durationText, nanoseconds } from "../../../tools/docker-provider/duration";

describe("durations", () => {
  it.each([
    ["", 0],
    ["0", 0],
    ["0s", 0],
    ["30s", 30e9],
    ["1m30s", 90e9],
    ["1h0m5s", 3605e9],
    ["1.5s", 1.5e9],
    ["250ms", 250e6],
    ["10µs", 10e3],
  ])("reads %j", (text, value) => {
    expect(nanoseconds(text)).toBe(value);
  });

  it.each([
    [0, "0s"],
    [90e9, "1m30s"],
    [3600e9, "1h0m0s"],
    [500e6, "500ms"],
    [1.5e9, "1.5s"],
  ])("writes %d as Go does", (value, text) => {
    expect(durationText(value)).toBe(text);
  });

  it("reads what it has written", () => {
    fc.assert(fc.property(fc.nat(1e9), (ms) => nanoseconds(durationText(ms * 1e6)) === ms * 1e6));
  });
});
