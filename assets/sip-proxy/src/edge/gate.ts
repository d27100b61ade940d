/** A place at the gate, until `leave` is called. */
export interface Passage {
  /** Opening has come to its end, or is not wanted any more. Idempotent. */
  leave(): void;
}

interface Visitor extends Passage {
  readonly enter: () => void;
}

/**
 * Lets a few through at a time and the others wait in their order: Asterisk's listen backlog is 10, and whoever
 * comes on top of it is let down for seconds.
 */
export class Gate {
  private readonly inside = new Set<Visitor>();
  // A Set keeps the order and gives up a place at once, however long the queue.
  private readonly queue = new Set<Visitor>();

  constructor(private limits: { readonly opening: number; readonly waiting: number }) {}

  get waiting(): number {
    return this.queue.size;
  }

  configure(limits: { readonly opening: number; readonly waiting: number }): void {
    this.limits = limits;
    this.admit();
  }

  /** Calls `enter` when there is room, never within this call. Undefined when too many wait already. */
  arrive(enter: () => void): Passage | undefined {
    if (this.queue.size >= this.limits.waiting) return undefined;
    const visitor: Visitor = {
      enter,
      leave: () => {
        this.queue.delete(visitor);
        if (this.inside.delete(visitor)) this.admit();
      },
    };
    this.queue.add(visitor);
    if (this.inside.size < this.limits.opening) queueMicrotask(() => this.admit());
    return visitor;
  }

  private admit(): void {
    for (const visitor of this.queue) {
      if (this.inside.size >= this.limits.opening) return;
      this.queue.delete(visitor);
      this.inside.add(visitor);
      visitor.enter();
    }
  }
}
