import type { Clock, Timer } from "../../../../lib/sip";

/** A place in the queue. */
export interface Turn {
  cancel(): void;
}

interface Waiting extends Turn {
  action: (() => void) | undefined;
}

/**
 * `refresh` goes first: a DN that Genesys has must not be lost because others are new. `other` is everything else,
 * in the order in which it came.
 */
export type Lane = "refresh" | "other";

/**
 * A token bucket in front of Genesys. New requests wait for a token; what belongs to a request that is under way
 * (a retransmission, the answer to a challenge) goes out on time and is `charged`, so the requests behind it wait
 * longer and the load stays within the rate.
 */
export class Pacer {
  private tokens: number;
  private filledAt: number;
  private timer: Timer | undefined;
  // A Set keeps the order and gives up a place at once, however long the queue.
  private readonly lanes: Record<Lane, Set<Waiting>> = { refresh: new Set(), other: new Set() };

  constructor(
    private readonly clock: Clock,
    private rate: number,
    private burst: number,
  ) {
    this.tokens = burst;
    this.filledAt = clock.now();
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.lanes.refresh.size + this.lanes.other.size;
  }

  /** @param rate tokens a second; @param burst tokens that are kept at most */
  configure(rate: number, burst: number): void {
    this.fill();
    this.rate = rate;
    this.burst = burst;
    this.tokens = Math.min(this.tokens, burst);
    this.timer?.cancel();
    this.timer = undefined;
    this.serve();
  }

  /** Calls `action` when it is this request's turn; undefined: it was at once, within this call. */
  enter(lane: Lane, action: () => void): Turn | undefined {
    this.fill();
    if (this.tokens >= 1 && this.waiting === 0) {
      this.tokens--;
      action();
      return undefined;
    }
    const queue = this.lanes[lane];
    const waiting: Waiting = {
      action,
      cancel: () => {
        waiting.action = undefined;
        queue.delete(waiting);
      },
    };
    queue.add(waiting);
    this.serve();
    return queue.has(waiting) ? waiting : undefined;
  }

  /** A request goes out without waiting. The debt is bounded, so that a dead server doesn't stop us for long. */
  charge(): void {
    this.fill();
    this.tokens = Math.max(this.tokens - 1, -Math.max(this.burst, this.rate));
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.lanes.refresh.clear();
    this.lanes.other.clear();
  }

  private fill(): void {
    const now = this.clock.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.filledAt) * this.rate) / 1000);
    this.filledAt = now;
  }

  private serve(): void {
    this.fill();
    while (this.tokens >= 1) {
      const next = this.take();
      if (next === undefined) return;
      this.tokens--;
      next();
    }
    if (this.waiting === 0 || this.timer !== undefined) return;
    const delay = Math.ceil(((1 - this.tokens) * 1000) / this.rate);
    this.timer = this.clock.after(delay, () => {
      this.timer = undefined;
      this.serve();
    });
  }

  private take(): (() => void) | undefined {
    for (const queue of [this.lanes.refresh, this.lanes.other]) {
      for (const waiting of queue) {
        queue.delete(waiting);
        return waiting.action;
      }
    }
    return undefined;
  }
}
