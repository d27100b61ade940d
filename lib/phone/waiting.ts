import { PhoneError } from "./errors";

/** Waits for a promise, `deadline` milliseconds at most. `what` completes "waited … ms for". */
export async function within<T>(promise: Promise<T>, deadline: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new PhoneError("deadline", `waited ${deadline} ms for ${what}`));
    }, deadline);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

interface Waiter<T> {
  readonly fits: (item: T) => boolean;
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

/** Things that come in, kept in order until somebody takes them. The oldest go when `capacity` is reached. */
export class Mailbox<T> {
  private items: T[] = [];
  private waiters: Waiter<T>[] = [];
  private failure: Error | undefined;

  constructor(private readonly capacity = 100) {}

  public put(item: T): void {
    const waiter = this.waiters.find(({ fits }) => fits(item));
    if (waiter) {
      this.waiters = this.waiters.filter((other) => other !== waiter);
      waiter.resolve(item);
      return;
    }
    this.items = [...this.items, item].slice(-this.capacity);
  }

  /** The oldest item that fits, now or within the deadline; taken out. */
  public async take(deadline: number, what: string, fits: (item: T) => boolean = () => true): Promise<T> {
    const index = this.items.findIndex(fits);
    if (index >= 0) return this.items.splice(index, 1)[0] as T;
    if (this.failure) throw this.failure;
    let waiter: Waiter<T> | undefined;
    const promise = new Promise<T>((resolve, reject) => {
      waiter = { fits, resolve, reject };
      this.waiters.push(waiter);
    });
    try {
      return await within(promise, deadline, what);
    } finally {
      this.waiters = this.waiters.filter((other) => other !== waiter);
    }
  }

  /** Nothing comes any more: whoever waits, or will, gets the error. */
  public fail(error: Error): void {
    this.failure = error;
    const waiters = this.waiters;
    this.waiters = [];
    for (const { reject } of waiters) reject(error);
  }
}
