import { Poller } from "../../../assets/registration-monitor/src/poller";

let looks: number;
let outcome: () => Promise<void>;
let failures: (string | undefined)[];
let poller: Poller;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function make(interval: number): void {
  poller = new Poller({
    interval,
    look: async () => {
      looks++;
      await outcome();
    },
    looked: (failure) => failures.push(failure?.message),
  });
}

beforeEach(() => {
  looks = 0;
  failures = [];
  outcome = async () => {};
});

afterEach(() => poller.stop());

describe("Poller", () => {
  it("looks at once and at its interval", async () => {
    make(0.05);
    poller.start();
    await sleep(30);
    expect(looks).toBe(1);
    expect(poller.sight).toStrictEqual({ live: true, reason: null });
    await sleep(120);
    expect(looks).toBeGreaterThanOrEqual(2);
  });

  it("looks once for many nudges, and soon", async () => {
    make(100);
    poller.start();
    await sleep(20);
    for (let n = 0; n < 50; n++) poller.nudge();
    await sleep(400);
    expect(looks).toBe(2);
  });

  it("looks again for a nudge that came while it looked, and never twice at a time", async () => {
    make(100);
    let running = 0;
    let most = 0;
    outcome = async () => {
      most = Math.max(most, ++running);
      await sleep(10);
      running--;
    };
    poller.start();
    await sleep(5);
    poller.nudge();
    await sleep(500);
    expect([looks, most]).toStrictEqual([2, 1]);
  });

  it("takes a small part of the time only, however much it is nudged", async () => {
    make(100);
    outcome = () => sleep(40);
    poller.start();
    const end = Date.now() + 1_000;
    while (Date.now() < end) {
      poller.nudge();
      await sleep(10);
    }
    // 40 ms of looking are paid for by 800 ms of rest.
    expect(looks).toBeLessThanOrEqual(3);
    expect(looks).toBeGreaterThanOrEqual(2);
  });

  it("is live while it rests from a look that took long", async () => {
    make(0.01);
    outcome = () => sleep(300);
    poller.start();
    await sleep(350);
    const now = performance.now();
    const clock = jest.spyOn(performance, "now");
    // 6 s of rest, and 4 s for being late.
    const sightAfter = (seconds: number) => {
      clock.mockReturnValue(now + seconds * 1_000);
      return poller.sight;
    };
    const sights = [sightAfter(9), sightAfter(11)];
    clock.mockRestore();
    expect(sights).toStrictEqual([
      { live: true, reason: null },
      { live: false, reason: "the last look is 11 s old" },
    ]);
  });

  it("says what fails, tries again by itself and not for a nudge, and recovers", async () => {
    make(100);
    outcome = () => Promise.reject(new Error("away"));
    poller.start();
    await sleep(20);
    expect(poller.sight).toStrictEqual({ live: false, reason: "away" });
    for (let n = 0; n < 20; n++) poller.nudge();
    await sleep(150);
    expect(looks).toBe(1);
    outcome = async () => {};
    await sleep(1_200);
    expect([looks, poller.sight]).toStrictEqual([2, { live: true, reason: null }]);
    expect(failures).toStrictEqual(["away", undefined]);
  });

  it("stays live over one failure, with the reason", async () => {
    make(0.01);
    let fail = false;
    outcome = () => (fail ? Promise.reject(new Error("once")) : Promise.resolve());
    poller.start();
    await sleep(30);
    fail = true;
    await sleep(50);
    expect(poller.sight).toStrictEqual({ live: true, reason: "once" });
  });

  it("waits for the look that is under way when it is stopped, and looks no more", async () => {
    make(0.01);
    let done = false;
    outcome = async () => {
      await sleep(50);
      done = true;
    };
    poller.start();
    await sleep(20);
    await poller.stop();
    expect(done).toBe(true);
    await sleep(50);
    expect([looks, failures]).toStrictEqual([1, []]);
  });
});
