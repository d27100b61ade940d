import { defaultTimers, lifetime, type Timer } from "../../../../lib/sip";
import type { Answer } from "./answer";
import type { Path } from "./network";
import type { Upstream } from "./upstream";

/** Who made a request. Exactly one of `onAnswer` and `onFailure` is called, and none after `cancel`. */
export interface Requester {
  /** A final response. */
  onAnswer(answer: Answer): void;
  /** No response in time (timer F), or nobody there to send it to. */
  onFailure(why: string): void;
  /** The request is sent once more (timer E). */
  onRetransmission(): void;
}

/**
 * A request under way: the client transaction of RFC 3261 17.1.2 for requests that are answered within a millisecond,
 * thousands a second. One timer does for E and F, and there is no timer K: without a transaction, copies of the answer
 * are dropped as well.
 */
export class Attempt {
  readonly startedAt: number;
  private interval = defaultTimers.t1;
  private timer: Timer | undefined;

  constructor(
    readonly upstream: Upstream,
    readonly branch: string,
    readonly requester: Requester,
    private readonly bytes: Buffer,
    private readonly path: Path,
    private readonly reliable: boolean,
  ) {
    this.startedAt = upstream.clock.now();
    path.send(bytes);
    this.arm(this.startedAt);
  }

  /** A provisional response: it is being worked on, so copies go out at the longest interval. */
  proceed(): void {
    this.interval = defaultTimers.t2;
  }

  cancel(): void {
    this.end();
    this.upstream.onCancelled(this);
  }

  /** No timer fires any more. */
  end(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private arm(now: number): void {
    const left = this.startedAt + lifetime(defaultTimers) - now;
    const delay = this.reliable ? left : Math.min(this.interval, left);
    this.timer = this.upstream.clock.after(delay, () => this.wake());
  }

  private wake(): void {
    this.timer = undefined;
    const now = this.upstream.clock.now();
    if (now - this.startedAt >= lifetime(defaultTimers)) {
      this.upstream.onTimeout(this);
      return;
    }
    this.requester.onRetransmission();
    this.path.send(this.bytes);
    this.interval = Math.min(this.interval * 2, defaultTimers.t2);
    this.arm(now);
  }
}
