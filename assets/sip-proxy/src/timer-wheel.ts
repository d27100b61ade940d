import type { Clock, Timer } from "../../../lib/sip";

interface Entry extends Timer {
  /** Undefined once fired or cancelled. */
  action: (() => void) | undefined;
  /** Turns of the wheel that it still waits for. */
  turns: number;
}

/**
 * Timers for thousands of DNs and sockets on one interval. A timer is never early and at most about two ticks late;
 * starting and cancelling one costs the same however many there are. The interval runs only while timers exist, so
 * an idle wheel keeps no process alive.
 */
export class TimerWheel implements Clock {
  private readonly slots: Set<Entry>[];
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
    this.slots = Array.from({ length: slots }, () => new Set<Entry>());
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
    const slot = this.slots[(this.position + ticks) % this.slots.length] as Set<Entry>;
    const entry: Entry = {
      action,
      turns: Math.floor((ticks - 1) / this.slots.length),
      cancel: () => {
        if (entry.action === undefined) return;
        entry.action = undefined;
        slot.delete(entry);
        this.size--;
      },
    };
    slot.add(entry);
    this.size++;
    return entry;
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
      this.fire(this.slots[this.position] as Set<Entry>);
    }
    this.interval = undefined;
    if (this.size > 0) this.schedule();
  }

  private fire(slot: Set<Entry>): void {
    if (slot.size === 0) return;
    // What an action starts with a delay of a whole turn lands in this very slot: look at today's entries only.
    for (const entry of [...slot]) {
      if (entry.action === undefined) continue;
      if (entry.turns > 0) {
        entry.turns--;
        continue;
      }
      const { action } = entry;
      entry.action = undefined;
      slot.delete(entry);
      this.size--;
      action();
    }
  }
}
