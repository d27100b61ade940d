import { validityFault } from "../../../tools/verify/certificate";

const NOW = Date.parse("2026-03-01T12:00:00Z");

/** As Node.js gives the end of a certificate's validity. */
const ending = (at: string) => ({ validTo: at });

describe("a certificate's validity", () => {
  it.each([
    ["Mar  1 11:59:59 2026 GMT", "has expired"],
    ["Mar  1 23:00:00 2026 GMT", "runs out in hours"],
    ["Mar  3 11:00:00 2026 GMT", "runs out in 1 day"],
    ["Mar  8 11:59:59 2026 GMT", "runs out in 6 days"],
    ["Mar  8 12:00:00 2026 GMT", undefined],
    ["Feb  1 00:00:00 2036 GMT", undefined],
  ])("until %s: %s", (end, fault) => {
    expect(validityFault(ending(end), NOW)).toBe(fault);
  });
});
