import type { Logger } from "../../../../lib/service";
import type { CallOutcome } from "../calls/call";
import type { PlannedCall, Queue, Withdrawal } from "./campaign";
import type { Verdict } from "./retry";

interface Settlement {
  readonly entryId: string;
  write(queue: Queue): Promise<void>;
}

/**
 * What has become of numbers and is not in the database yet: as many as there were calls when it went away. After a crash the
 * call log tells the same.
 */
export class Settlements {
  #waiting: Settlement[] = [];
  #flushing?: Promise<void>;
  #failed = false;

  constructor(
    private readonly queue: Queue,
    private readonly log: Logger,
  ) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  get entryIds(): string[] {
    return this.#waiting.map(({ entryId }) => entryId);
  }

  add(call: PlannedCall, outcome: CallOutcome, verdict: Verdict): void {
    this.#add(call, (queue) => queue.settle(call, outcome, verdict));
  }

  withdraw(call: PlannedCall, outcome: string, to: Withdrawal): void {
    this.#add(call, (queue) => queue.withdraw(call, outcome, to));
  }

  /** Writes what waits, as far as the database takes it. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  #add({ entry }: PlannedCall, write: Settlement["write"]): void {
    this.#waiting.push({ entryId: entry.id, write });
    if (!this.#failed) void this.flush();
  }

  async #flush(): Promise<void> {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      try {
        await first.write(this.queue);
      } catch (error) {
        const { message, code = "" } = error as Error & { code?: string };
        // SQLSTATE classes 22 and 23: trying again would keep all others waiting.
        if (/^2[23]/.test(code)) {
          this.log.error({ entry: first.entryId, error: message }, "an outcome is refused by the database");
        } else {
          if (!this.#failed) this.log.warn({ error: message }, "outcomes wait for the database");
          this.#failed = true;
          return;
        }
      }
      this.#failed = false;
      this.#waiting.shift();
    }
  }
}
