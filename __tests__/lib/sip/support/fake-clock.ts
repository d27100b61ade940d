import type { Clock, Timer } from "../../../../lib/sip";

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** Time that passes only when a test says so. Starts at 1000000 so that 0 never looks like a time. */
export class FakeClock implements Clock {
  private time = 1_000_000;
  private order = 0;
  private readonly entries = new Set<Entry>();

  now(): number {
    return this.time;
  }

  after(delay: number, action: () => void): Timer {
    const entry = { at: this.time + delay, order: this.order++, action };
    this.entries.add(entry);
    return { cancel: () => void this.entries.delete(entry) };
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.entries.size;
  }

  /** Let time pass, firing what is due in order. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (let next = this.due(end); next !== undefined; next = this.due(end)) this.fire(next);
    this.time = end;
  }

  /** The same, letting promises settle after each timer. */
  async run(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    for (let next = this.due(end); next !== undefined; next = this.due(end)) {
      this.fire(next);
      await settle();
    }
    this.time = end;
    await settle();
  }

  private due(end: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.entries) {
      if (entry.at > end) continue;
      if (
        first === undefined ||
        entry.at < first.at ||
        (entry.at === first.at && entry.order < first.order)
      ) {
        first = entry;
      }
    }
    return first;
  }

  private fire(entry: Entry): void {
    this.entries.delete(entry);
    this.time = entry.at;
    entry.action();
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
