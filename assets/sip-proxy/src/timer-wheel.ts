import type { Clock, Timer } from "../../../lib/sip";

/**
 * Timers for thousands of DNs and sockets on one interval. A timer is never early and at most about two ticks late;
 * starting and cancelling one costs the same however many there are. The interval runs only while timers exist, so
 * an idle wheel keeps no process alive.
 */
export class TimerWheel implements Clock {
  private readonly slots: readonly Entry[];
  private position = 0;
  private turnedAt = 0;
  private size = 0;
  private interval: Timer | undefined;

  /** @param tick milliseconds between two looks; @param slots of the wheel: longer timers take several turns */
  constructor(
    private readonly clock: Clock,
    private readonly tick = 20,
    slots = 512,
  ) {
    this.slots = Array.from({ length: slots }, () => new Entry(this, undefined, 0));
  }

  now(): number {
    return this.clock.now();
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.size;
  }

  after(delay: number, action: () => void): Timer {
    if (this.interval === undefined) this.start();
    // The wheel may lag behind the clock, and the tick under way doesn't count as a whole one.
    const lag = this.clock.now() - this.turnedAt;
    const ticks = Math.max(1, Math.ceil((Math.max(0, delay) + lag) / this.tick));
    const entry = new Entry(this, action, Math.floor((ticks - 1) / this.slots.length));
    (this.slots[(this.position + ticks) % this.slots.length] as Entry).append(entry);
    this.size++;
    return entry;
  }

  /** For entries: one of them will not fire. */
  drop(): void {
    this.size--;
  }

  private start(): void {
    this.turnedAt = this.clock.now();
    this.schedule();
  }

  private schedule(): void {
    this.interval = this.clock.after(this.tick, () => this.turn());
  }

  private turn(): void {
    const now = this.clock.now();
    while (now - this.turnedAt >= this.tick) {
      this.turnedAt += this.tick;
      this.position = (this.position + 1) % this.slots.length;
      this.fire(this.slots[this.position] as Entry);
    }
    this.interval = undefined;
    if (this.size > 0) this.schedule();
  }

  private fire(slot: Entry): void {
    // What an action starts with a delay of a whole turn lands in this very slot: look at today's entries only.
    const due: Entry[] = [];
    for (let entry = slot.next; entry !== slot; entry = entry.next) {
      if (entry.turns > 0) entry.turns--;
      else due.push(entry);
    }
    for (const entry of due) {
      const { action } = entry;
      entry.cancel();
      action?.();
    }
  }
}

/** A timer, and a link of the ring that its slot is: thousands are started and cancelled a second. */
class Entry implements Timer {
  next: Entry = this;
  private previous: Entry = this;

  constructor(
    private readonly wheel: TimerWheel,
    /** Undefined once fired or cancelled. */
    public action: (() => void) | undefined,
    /** Turns of the wheel that it still waits for. */
    public turns: number,
  ) {}

  append(entry: Entry): void {
    entry.next = this;
    entry.previous = this.previous;
    this.previous.next = entry;
    this.previous = entry;
  }

  cancel(): void {
    if (this.action === undefined) return;
    this.action = undefined;
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.wheel.drop();
  }
}
