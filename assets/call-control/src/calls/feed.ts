import type { Logger } from "../../../../lib/service";

/**
 * Tells listeners one thing after the other: what is told while something is being told waits, so that all hear of
 * everything in one order. One that throws keeps nobody from hearing.
 */
export class Feed<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #waiting: T[] = [];
  #telling = false;

  constructor(private readonly log: Pick<Logger, "error">) {}

  listen(listener: (value: T) => void): void {
    this.#listeners.add(listener);
  }

  tell(...values: readonly T[]): void {
    this.#waiting.push(...values);
    if (this.#telling) return;
    this.#telling = true;
    for (let value = this.#waiting.shift(); value !== undefined; value = this.#waiting.shift()) {
      for (const listener of this.#listeners) this.#call(listener, value);
    }
    this.#telling = false;
  }

  #call(listener: (value: T) => void, value: T): void {
    try {
      listener(value);
    } catch (error) {
      this.log.error({ err: error }, "a listener to calls has failed");
    }
  }
}
