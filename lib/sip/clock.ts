/** A timer that has been started. */
export interface Timer {
  cancel(): void;
}

/** Source of time and timers; tests inject their own. Times and delays are milliseconds. */
export interface Clock {
  now(): number;
  after(delay: number, action: () => void): Timer;
}

/** The process clock: monotonic, its timers keep the process alive until they fire or are cancelled. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, action) {
    const handle = setTimeout(action, delay);
    return { cancel: () => clearTimeout(handle) };
  },
};
