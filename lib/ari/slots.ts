/** Lets so many run at one time. Others wait in their order, so many of them. */
export class Slots {
  #running = 0;
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly size: number,
    /** How many may wait. */
    readonly places: number,
  ) {}

  get full(): boolean {
    return this.#running >= this.size && this.#waiting.size >= this.places;
  }

  /** Resolves when it's this one's turn, which `leave` ends. Rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running < this.size) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.add(resolve);
      signal.addEventListener("abort", () => this.#waiting.delete(resolve) && reject(signal.reason), {
        once: true,
      });
    });
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running--;
    } else {
      // It gets this slot.
      this.#waiting.delete(next);
      next();
    }
  }
}
