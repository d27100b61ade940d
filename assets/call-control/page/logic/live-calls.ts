import type { Call, Change } from "./messages";

/** How many calls are up, and how they are. */
export interface Totals {
  readonly all: number;
  readonly talking: number;
  /** Dialing or ringing. */
  readonly waiting: number;
  readonly onHold: number;
  readonly recorded: number;
}

/** The calls that are up, in the order in which they began: a new one moves no other. */
export class LiveCalls {
  readonly #calls = new Map<string, Call>();
  #order: string[] | undefined;

  get size(): number {
    return this.#calls.size;
  }

  get(id: string): Call | undefined {
    return this.#calls.get(id);
  }

  replace(calls: readonly Call[]): void {
    this.#calls.clear();
    this.#order = undefined;
    for (const call of calls) if (call.status !== "ended") this.#calls.set(call.id, call);
  }

  apply({ call }: Change): void {
    if (call.status === "ended") {
      this.remove(call.id);
      return;
    }
    if (!this.#calls.has(call.id)) this.#order = undefined;
    this.#calls.set(call.id, call);
  }

  /** It is not for this reader any more, or has ended. */
  remove(id: string): void {
    if (this.#calls.delete(id)) this.#order = undefined;
  }

  /** Those that a filter lets through. */
  select(fits: (call: Call) => boolean): Call[] {
    this.#order ??= [...this.#calls.values()].sort(byBeginning).map(({ id }) => id);
    const calls: Call[] = [];
    for (const id of this.#order) {
      const call = this.#calls.get(id);
      if (call !== undefined && fits(call)) calls.push(call);
    }
    return calls;
  }

  totals(): Totals {
    const totals = { all: 0, talking: 0, waiting: 0, onHold: 0, recorded: 0 };
    for (const { status, on_hold, recording_id } of this.#calls.values()) {
      totals.all++;
      if (status !== "answered") totals.waiting++;
      else if (on_hold) totals.onHold++;
      else totals.talking++;
      if (recording_id !== null) totals.recorded++;
    }
    return totals;
  }
}

function byBeginning(a: Call, b: Call): number {
  return Date.parse(a.started_at) - Date.parse(b.started_at) || (a.id < b.id ? -1 : 1);
}
