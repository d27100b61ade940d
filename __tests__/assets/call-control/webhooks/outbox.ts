import { DatabaseAway } from "../../../../assets/call-control/src/database/database";
import type { Delivery, DeliveryStore, Event } from "../../../../assets/call-control/src/webhooks/store";

interface Row extends Event {
  readonly id: number;
  attempts: number;
  dueAt: number;
  claimed: boolean;
  error?: string;
}

/** The outbox in memory; time is the process's. */
export class MemoryOutbox implements Pick<DeliveryStore, keyof DeliveryStore> {
  readonly rows: Row[] = [];
  away = false;
  #id = 0;

  async insert(events: readonly Event[]): Promise<void> {
    this.#ask();
    for (const event of events) {
      this.rows.push({ ...event, id: ++this.#id, attempts: 0, dueAt: 0, claimed: false });
    }
  }

  async claim(webhook: string, limit: number): Promise<Delivery[]> {
    this.#ask();
    const due = this.rows.filter((row) => row.webhook === webhook && !row.claimed && row.dueAt <= Date.now());
    return due.slice(0, limit).map((row) => {
      row.claimed = true;
      row.attempts++;
      return { id: String(row.id), eventId: row.eventId, body: row.body, at: row.at, attempts: row.attempts };
    });
  }

  async remove(id: string): Promise<void> {
    this.#ask();
    this.rows.splice(this.#find(id), 1);
  }

  async postpone(id: string, seconds: number, error: string): Promise<void> {
    this.#ask();
    Object.assign(this.rows[this.#find(id)] as Row, {
      claimed: false,
      dueAt: Date.now() + seconds * 1_000,
      error,
    });
  }

  async pending(): Promise<Map<string, number>> {
    return new Map();
  }

  async prune(): Promise<Map<string, number>> {
    return new Map();
  }

  #find(id: string): number {
    return this.rows.findIndex((row) => String(row.id) === id);
  }

  #ask(): void {
    if (this.away) throw new DatabaseAway("connect ECONNREFUSED");
  }
}
