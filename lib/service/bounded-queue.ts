/** What waits to be written, the oldest first; when it is full, the oldest go. */
export class BoundedQueue<Item> {
  readonly #items: Item[] = [];
  #dropped = 0;

  constructor(private readonly limit: number) {}

  get length(): number {
    return this.#items.length;
  }

  /** How many went before anybody took them. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: Item): void {
    if (this.#items.length >= this.limit) {
      this.#items.shift();
      this.#dropped++;
    }
    this.#items.push(item);
  }

  /** Takes the oldest out. */
  take(count: number): Item[] {
    return this.#items.splice(0, count);
  }

  /** Puts what was taken back in its place; what there is no room for any more is dropped. */
  restore(items: readonly Item[]): void {
    const room = this.limit - this.#items.length;
    const kept = items.slice(Math.max(0, items.length - room));
    this.#dropped += items.length - kept.length;
    this.#items.unshift(...kept);
  }
}
