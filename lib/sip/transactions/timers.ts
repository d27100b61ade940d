/** Base values of RFC 3261 17.1.1.1, in milliseconds; every timer follows from them. */
export interface TimerValues {
  /** Estimated round trip. @default 500 */
  readonly t1: number;
  /** Longest interval between retransmissions of a non-INVITE request or an INVITE response. @default 4000 */
  readonly t2: number;
  /** How long a message stays in the network. @default 5000 */
  readonly t4: number;
}

export const defaultTimers: TimerValues = { t1: 500, t2: 4_000, t4: 5_000 };

/** Timers B, F, H, J (unreliable), L and M: a transaction's life. */
export function lifetime(timers: TimerValues): number {
  return 64 * timers.t1;
}

/** Timer D: at least 32 s on unreliable transports (17.1.1.2), whatever T1 is. */
export function timerD(timers: TimerValues): number {
  return Math.max(32_000, lifetime(timers));
}
