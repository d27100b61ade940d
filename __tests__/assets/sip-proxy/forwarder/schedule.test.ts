import fc from "fast-check";
import {
  refreshAfter,
  retryAfterFailure,
  retryAfterRefusal,
  retryAfterRequest,
} from "../../../../assets/sip-proxy/src/forwarder/schedule";

const timing = { retryInterval: 10, forbiddenRetryInterval: 20, maxRetryInterval: 300 };
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("schedule", () => {
  it("refreshes between half and three quarters", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400 }), random, (granted, r) => {
        const delay = refreshAfter(granted, r);
        expect(delay).toBeGreaterThanOrEqual(granted * 500);
        expect(delay).toBeLessThanOrEqual(granted * 750);
      }),
    );
  });

  it("full jitter after failures, with a ceiling that doubles up to the cap", () => {
    expect(retryAfterFailure(timing, 1, 0)).toBe(1000);
    expect(
      [1, 2, 3, 6, 60].map((failures) => Math.round(retryAfterFailure(timing, failures, 0.999_999))),
    ).toEqual([10_000, 20_000, 40_000, 300_000, 300_000]);
  });

  it("after a refusal the interval at least, and never much more than the cap", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), random, (failures, r) => {
        const delay = retryAfterRefusal(timing, failures, r);
        expect(delay).toBeGreaterThanOrEqual(20_000);
        expect(delay).toBeLessThanOrEqual(300_000);
      }),
    );
  });

  it("never earlier than the server asked, and not later than it makes sense", () => {
    expect(retryAfterRequest(120, 0)).toBe(120_000);
    expect(retryAfterRequest(120, 0.999)).toBeLessThan(151_000);
    expect(retryAfterRequest(1_000_000, 0)).toBe(3_600_000);
    expect(retryAfterRequest(0, 0)).toBe(1000);
  });
});
