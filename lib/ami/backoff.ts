export interface BackoffOptions {
  /** Milliseconds: the ceiling of the first wait, doubled with each failure. */
  readonly initial: number;
  /** Milliseconds: the ceiling never passes this. */
  readonly maximum: number;
  /** Milliseconds: no wait is shorter. @default 1 */
  readonly minimum?: number;
}

/** Exponential backoff with full jitter: a random wait below a ceiling that doubles with each failure. */
export class Backoff {
  #failures = 0;

  constructor(
    private readonly options: BackoffOptions,
    private readonly random: () => number,
  ) {}

  /** Milliseconds to wait after one more failure. */
  next(): number {
    // 2 ** 30 milliseconds are 12 days, past any maximum; the bound keeps the power finite.
    const { initial, maximum, minimum = 1 } = this.options;
    const ceiling = Math.min(maximum, initial * 2 ** Math.min(this.#failures++, 30));
    return Math.max(minimum, Math.round(this.random() * ceiling));
  }

  reset(): void {
    this.#failures = 0;
  }
}
