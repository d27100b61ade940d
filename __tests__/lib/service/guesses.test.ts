import { Guesses, networkOf } from "../../../lib/service";

let limits: { guessesPerMinute: number; guessPenaltySeconds: number };
let guesses: Guesses;

beforeEach(() => {
  limits = { guessesPerMinute: 3, guessPenaltySeconds: 60 };
  guesses = new Guesses(() => limits);
});

const A = "192.0.2.1";

describe("an address", () => {
  it("waits after the last guess that it had, for as long as it is told", () => {
    expect(guesses.failed(A, "1", 0)).toMatchObject({ waits: false });
    expect(guesses.failed(A, "2", 1_000)).toMatchObject({ waits: false });
    expect(guesses.waits(A, 1_000)).toBe(0);
    expect(guesses.failed(A, "3", 2_000)).toEqual({ waits: true, begins: true, dnUnderAttack: false });
    expect(guesses.waits(A, 2_000)).toBe(60);
    expect(guesses.waits(A, 61_001)).toBe(1);
    expect(guesses.waits("192.0.2.2", 2_000)).toBe(0);
    expect(guesses.waiting(2_000)).toBe(1);
    expect(guesses.waits(A, 62_000)).toBe(0);
    expect(guesses.waiting(62_000)).toBe(0);
  });

  it("guesses of more than a minute ago don't count", () => {
    for (const at of [0, 30_000, 60_001, 90_001, 120_002]) {
      expect(guesses.failed(A, undefined, at)).toMatchObject({ waits: false });
    }
    expect(guesses.failed(A, undefined, 120_003)).toMatchObject({ waits: true });
  });

  it("begins to wait once, and starts afresh afterwards", () => {
    for (let at = 0; at < 3; at++) guesses.failed(A, undefined, at);
    expect(guesses.failed(A, undefined, 5)).toMatchObject({ waits: true, begins: false });
    expect(guesses.failed(A, undefined, 60_010)).toMatchObject({ waits: false });
  });

  it("of IPv6 is its /64", () => {
    for (let host = 1; host <= 3; host++) guesses.failed(`2001:db8::${host}`, undefined, 0);
    expect(guesses.waits("2001:db8:0:0:ffff::9", 0)).toBe(60);
    expect(guesses.waits("2001:db8:0:1::1", 0)).toBe(0);
  });
});

describe("a DN", () => {
  it("is told of when it is guessed at from everywhere, once, and no address waits for it", () => {
    const verdicts = [1, 2, 3, 4].map((host) => guesses.failed(`192.0.2.${host}`, "1002", host));
    expect(verdicts.map(({ dnUnderAttack }) => dnUnderAttack)).toEqual([false, false, true, false]);
    expect(verdicts.some(({ waits }) => waits)).toBe(false);
  });
});

describe("what is kept in mind", () => {
  it("is bounded: who guessed longest ago is forgotten", () => {
    limits.guessesPerMinute = 2;
    for (let host = 0; host < 10_001; host++) guesses.failed(`host-${host}`, undefined, 0);
    expect(guesses.failed("host-0", undefined, 1)).toMatchObject({ waits: false });
    expect(guesses.failed("host-10000", undefined, 1)).toMatchObject({ waits: true });
  });
});

describe("the network of an address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:0DB8:0:0:1:2:3:4", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.33", "64:ff9b:0:0::/64"],
    ["not an address", "not an address"],
  ])("%s is in %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
