/** Which of its call's events a row shows. */
export type RowStatus = "dialing" | "ringing" | "answered" | "ended";

export interface SeenRow {
  readonly channel_id: string;
  readonly status: RowStatus;
}

interface Sent {
  readonly channel: string;
  readonly status: RowStatus;
  /** Milliseconds. */
  readonly at: number;
}

const order: readonly RowStatus[] = ["dialing", "ringing", "answered", "ended"];

/** From the sending of events to the look at the database that shows them. A row of a later event shows the earlier too. */
export class RowTimes {
  readonly #waiting = new Map<string, Sent[]>();
  /** Milliseconds, of each event that was shown. */
  readonly took: number[] = [];

  sent(channel: string, status: RowStatus, at: number): void {
    this.#waiting.set(channel, [...(this.#waiting.get(channel) ?? []), { channel, status, at }]);
  }

  /** What a look has found that was answered at a time. */
  seen(rows: readonly SeenRow[], at: number): void {
    for (const { channel_id: channel, status } of rows) {
      const waiting = this.#waiting.get(channel);
      if (waiting === undefined) continue;
      const later = waiting.filter((event) => order.indexOf(event.status) > order.indexOf(status));
      if (later.length === waiting.length) continue;
      const shown = waiting.filter((event) => !later.includes(event));
      this.took.push(...shown.map((event) => at - event.at));
      if (later.length === 0) this.#waiting.delete(channel);
      else this.#waiting.set(channel, later);
    }
  }

  /** Channels whose events are not shown yet. */
  get waiting(): string[] {
    return [...this.#waiting.keys()];
  }
}
