import { Pacer } from "../../../../assets/sip-proxy/src/forwarder/pacer";
import { FakeClock } from "../../../lib/sip/support/fake-clock";
import { World } from "../support/world";

describe("the token bucket", () => {
  it("lets the burst through at once and the rest at the rate, in order", () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 10, 3);
    const order: number[] = [];
    for (let index = 0; index < 8; index++) pacer.enter("other", () => order.push(index));
    expect(order).toEqual([0, 1, 2]);
    clock.advance(250);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    clock.advance(300);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(clock.pending).toBe(0);
  });

  it("serves refreshes before what is new", () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 10, 1);
    const order: string[] = [];
    for (const name of ["first", "new", "newer"]) pacer.enter("other", () => order.push(name));
    pacer.enter("refresh", () => order.push("refresh"));
    clock.advance(1000);
    expect(order).toEqual(["first", "refresh", "new", "newer"]);
  });

  it("has no turn to wait for once it has come, also behind others", () => {
    // Time passes, and no timer has fired yet.
    let now = 0;
    const pacer = new Pacer({ now: () => now, after: () => ({ cancel: () => undefined }) }, 10, 3);
    const order: number[] = [];
    for (let index = 0; index < 3; index++) {
      expect(pacer.enter("other", () => order.push(index))).toBeUndefined();
    }
    expect(pacer.enter("other", () => order.push(3))).toBeDefined();
    now = 200;
    expect(pacer.enter("other", () => order.push(4))).toBeUndefined();
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it("gives up a place that is cancelled", () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 10, 1);
    const order: string[] = [];
    pacer.enter("other", () => order.push("first"));
    const turn = pacer.enter("other", () => order.push("second"));
    pacer.enter("other", () => order.push("third"));
    turn?.cancel();
    clock.advance(150);
    expect(order).toEqual(["first", "third"]);
  });

  it("makes the others wait for what is charged", () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 10, 1);
    for (let index = 0; index < 6; index++) pacer.charge();
    let served = false;
    pacer.enter("other", () => {
      served = true;
    });
    clock.advance(590);
    expect(served).toBe(false);
    clock.advance(20);
    expect(served).toBe(true);
  });

  it("takes over another rate at once", () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 0.1, 1);
    let served = 0;
    for (let index = 0; index < 3; index++) pacer.enter("other", () => served++);
    pacer.configure(100, 1);
    clock.advance(30);
    expect(served).toBe(3);
  });
});

/** Most arrivals within any second. */
function peak(arrivals: readonly number[]): number {
  let most = 0;
  for (let from = 0, to = 0; to < arrivals.length; to++) {
    while ((arrivals[to] as number) - (arrivals[from] as number) >= 1000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

describe("a storm", () => {
  it("1,500 DNs adopted at once are all registered, at the rate", async () => {
    const world = await World.start({ rate: 50, burst: 50 });
    world.random = Math.random;
    const dns = Array.from({ length: 1500 }, (_, index) => String(1001 + index));
    world.lists(...dns.map((aor) => ({ aor })));
    world.passes(31);
    world.lists(...dns.map((aor) => ({ aor })));
    expect(world.primary.dns).toHaveLength(1500);
    expect(peak(world.primary.arrivals)).toBeLessThanOrEqual(101);
    await world.forwarder.stop();
  });

  it("stays within the rate while a dead server makes everybody retransmit", async () => {
    const world = await World.start({ rate: 20, burst: 20 });
    world.primary.up = false;
    const arrivals: number[] = [];
    const fate = () => {
      arrivals.push(world.clock.now());
      return [];
    };
    world.genesys.fate = fate;
    for (let dn = 1001; dn <= 1300; dn++) world.registers(String(dn), dn);
    world.passes(120);
    // All that was sent in two minutes, against what the bucket and its bounded debt allow.
    expect(arrivals.length).toBeLessThanOrEqual(20 * 120 * 1.25);
    world.primary.up = true;
    world.genesys.fate = () => [1];
    world.passes(120);
    expect(world.primary.dns).toHaveLength(300);
    await world.forwarder.stop();
  });
});
