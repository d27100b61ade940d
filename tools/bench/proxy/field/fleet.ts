import { addressAt, dnAt } from "./load";
import { type Edge, Phone } from "./phone";

/** Milliseconds that a phone waits for an answer before it tries again. */
const PATIENCE = 30_000;

/** Milliseconds between two tries of a phone, with as much again at random. */
const RETRY = 500;

const EXPIRES = 600;

/** Phones that want to be registered, whatever happens: they come back at once when their connection is lost. */
export class Fleet {
  private readonly phones: Phone[] = [];
  private readonly registered = new Set<Phone>();
  private edge: Edge | undefined;
  private stopped = false;
  failures = 0;

  start(count: number, edge: Edge): void {
    this.edge = edge;
    const events = {
      accepted: (phone: Phone) => {
        phone.dueAt = undefined;
        this.registered.add(phone);
      },
      closed: (phone: Phone) => {
        this.registered.delete(phone);
        void this.join(phone);
      },
    };
    for (let index = 0; index < count; index++) {
      const phone = new Phone(dnAt(index), addressAt(index), events);
      this.phones.push(phone);
      void this.join(phone);
    }
  }

  /** Phones that have a 200 to a REGISTER on the connection that they have now. */
  get size(): number {
    return this.registered.size;
  }

  stop(): void {
    this.stopped = true;
    for (const phone of this.phones) phone.close();
  }

  private async join(phone: Phone): Promise<void> {
    while (!this.stopped && this.edge !== undefined) {
      try {
        await phone.connect(this.edge, PATIENCE);
        phone.request(EXPIRES, performance.now());
        return;
      } catch {
        this.failures++;
        await new Promise((resolve) => setTimeout(resolve, RETRY * (1 + Math.random())));
      }
    }
  }
}
