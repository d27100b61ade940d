import type { Log } from "../log";
import type { RefusalReason } from "./meter";

/** Milliseconds between two lines about the same reason. */
const INTERVAL = 1_000;

/** A handshake that was refused, as the log tells it. */
export interface Refusal {
  readonly address: string;
  readonly status: number;
  readonly reason: string;
  readonly origin: string | undefined;
}

/**
 * Tells of refused handshakes, at most once a second for each reason: whoever is refused may try again thousands of
 * times, and each of them is counted in the metrics anyway.
 */
export class RefusalLog {
  private readonly told = new Map<RefusalReason, { at: number; untold: number }>();

  constructor(private readonly log: Log) {}

  /** @param now milliseconds */
  refused(code: RefusalReason, refusal: Refusal, now: number): void {
    const before = this.told.get(code);
    if (before !== undefined && now - before.at < INTERVAL) {
      before.untold++;
      return;
    }
    this.told.set(code, { at: now, untold: 0 });
    this.log.warn({ ...refusal, untold: before?.untold || undefined }, "WebSocket refused");
  }
}
