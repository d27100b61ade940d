import fc from "fast-check";
import { TimerWheel } from "../../../assets/sip-proxy/src/timer-wheel";
import { FakeClock } from "../../lib/sip/support/fake-clock";

describe("the timer wheel", () => {
  it("fires never early, and at most two ticks late, whatever the delays", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(3000), delay: fc.nat(5000) }), { minLength: 1, maxLength: 40 }),
        (timers) => {
          const clock = new FakeClock();
          const wheel = new TimerWheel(clock, 20, 16);
          const start = clock.now();
          const lateness: number[] = [];
          for (const { at, delay } of timers) {
            clock.after(at, () => {
              const due = clock.now() + delay;
              wheel.after(delay, () => lateness.push(clock.now() - due));
            });
          }
          clock.advance(10_000);
          expect(lateness).toHaveLength(timers.length);
          for (const late of lateness) {
            expect(late).toBeGreaterThanOrEqual(0);
            expect(late).toBeLessThanOrEqual(40);
          }
          expect(clock.now()).toBe(start + 10_000);
          expect(clock.pending).toBe(0);
        },
      ),
    );
  });

  it("does not fire what was cancelled, and stops its interval with the last timer", () => {
    const clock = new FakeClock();
    const wheel = new TimerWheel(clock);
    const timer = wheel.after(100, () => {
      throw new Error("cancelled");
    });
    timer.cancel();
    timer.cancel();
    expect(wheel.pending).toBe(0);
    clock.advance(1000);
    expect(clock.pending).toBe(0);
  });

  it("an action may start the next timer, also one of a whole turn", () => {
    const clock = new FakeClock();
    const wheel = new TimerWheel(clock, 10, 8);
    let fired = 0;
    const again = () => {
      fired++;
      if (fired < 5) wheel.after(80, again);
    };
    wheel.after(80, again);
    clock.advance(1000);
    expect(fired).toBe(5);
  });

  it("one action may cancel another that is due in the same tick", () => {
    const clock = new FakeClock();
    const wheel = new TimerWheel(clock);
    let second = false;
    wheel.after(10, () => other.cancel());
    const other = wheel.after(10, () => {
      second = true;
    });
    clock.advance(100);
    expect(second).toBe(false);
  });
});
