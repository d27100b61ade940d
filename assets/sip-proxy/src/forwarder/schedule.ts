/** When things are done again. Pure: takes seconds and a random number in [0, 1), returns milliseconds. */

export interface RetryTiming {
  /** Seconds. */
  readonly retryInterval: number;
  /** Seconds. */
  readonly forbiddenRetryInterval: number;
  /** Seconds that no wait exceeds. */
  readonly maxRetryInterval: number;
}

/**
 * The refresh of a registration: at a random point between half and three quarters of what was granted, so that
 * DNs which registered together don't refresh together, and so that a few lost attempts still fit in.
 */
export function refreshAfter(grantedSeconds: number, random: number): number {
  return grantedSeconds * 1000 * (0.5 + random * 0.25);
}

/**
 * The wait after a failure that may pass by itself: full jitter, between one second and a ceiling that doubles.
 * @param failures in a row, this one included
 */
export function retryAfterFailure(timing: RetryTiming, failures: number, random: number): number {
  const ceiling = grown(timing.retryInterval, failures, timing.maxRetryInterval);
  const floor = Math.min(1, ceiling);
  return (floor + (ceiling - floor) * random) * 1000;
}

/** The wait after a refusal that somebody must put right (403, 404, password): the interval at least, growing. */
export function retryAfterRefusal(timing: RetryTiming, failures: number, random: number): number {
  const ceiling = grown(timing.forbiddenRetryInterval, failures, timing.maxRetryInterval);
  const floor = Math.max(timing.forbiddenRetryInterval, ceiling / 2);
  return (floor + floor * 0.5 * random) * 1000;
}

/**
 * The wait that the server asked for (Retry-After, RFC 3261 20.33): never shorter, and not longer than an hour.
 * What many DNs were told at once they don't do at once.
 */
export function retryAfterRequest(seconds: number, random: number): number {
  const asked = Math.min(Math.max(seconds, 1), 3600);
  return asked * 1000 * (1 + random * 0.25);
}

function grown(base: number, failures: number, cap: number): number {
  return Math.min(cap, base * 2 ** Math.min(failures - 1, 20));
}
