import { Backoff } from "../../../lib/ami";
import { transition } from "../../../lib/ami/states";

describe("Backoff", () => {
  const next = (backoff: Backoff, times: number) => Array.from({ length: times }, () => backoff.next());

  it("doubles its ceiling up to the maximum, and starts anew after reset()", () => {
    const backoff = new Backoff({ initial: 100, maximum: 1_000 }, () => 0.999999);
    expect(next(backoff, 6)).toStrictEqual([100, 200, 400, 800, 1_000, 1_000]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
    expect(Math.max(...next(backoff, 2_000))).toBe(1_000);
  });

  it("has full jitter: any wait below the ceiling, but none below the minimum", () => {
    const options = { initial: 100, maximum: 1_000, minimum: 20 };
    expect(next(new Backoff(options, () => 0.5), 3)).toStrictEqual([50, 100, 200]);
    expect(next(new Backoff(options, () => 0), 2)).toStrictEqual([20, 20]);
    expect(new Backoff({ initial: 100, maximum: 1_000 }, () => 0).next()).toBe(1);
  });
});

describe("states", () => {
  it("throws on a way that the client must not go", () => {
    expect(transition("waiting", "connecting")).toBe("connecting");
    expect(() => transition("disconnected", "ready")).toThrow(
      "AMI client: no way from disconnected to ready",
    );
    expect(() => transition("ready", "ready")).toThrow("no way from ready to ready");
  });
});
