import type { AmiState, Contact } from "../../../lib/ami";
import type { Clock, Timer } from "../../../lib/sip";
import type { Log } from "./log";

/** What the reconciliation needs of an AMI client. */
export interface ContactSource {
  readonly state: AmiState;
  on(event: "ready", listener: () => void): unknown;
  listContacts(): Promise<Contact[]>;
}

export interface ReconcilerOptions {
  readonly source: ContactSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Seconds between two lists; in force now. */
  interval(): number;
  /** @param askedAt when the list was asked for, by the clock */
  apply(contacts: readonly Contact[], askedAt: number): void;
  /** Asterisk couldn't tell. */
  onFailure?(): void;
}

/**
 * Asks Asterisk for all contacts: at start, whenever AMI has (re)connected, and at intervals. What the tunnel missed
 * comes to light here: contacts from before a restart, and such as expired or were removed by hand.
 */
export class Reconciler {
  /** When the last list was applied, by the clock; undefined before the first. */
  lastAt: number | undefined;
  private timer: Timer | undefined;
  private running = false;
  private stopped = false;

  constructor(private readonly options: ReconcilerOptions) {}

  start(): void {
    this.options.source.on("ready", () => void this.run());
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** Asks once. Never rejects; without a connection it does nothing, as the next connection asks anyway. */
  async run(): Promise<void> {
    const { source, clock, log, apply } = this.options;
    if (this.running || this.stopped || source.state !== "ready") return;
    this.running = true;
    const askedAt = clock.now();
    try {
      const contacts = await source.listContacts();
      if (this.stopped) return;
      this.lastAt = clock.now();
      apply(contacts, askedAt);
      log.debug({ contacts: contacts.length }, "compared with Asterisk's contacts");
    } catch (error) {
      this.options.onFailure?.();
      log.warn({ error: (error as Error).message }, "Asterisk's contacts could not be listed");
    } finally {
      this.running = false;
    }
  }

  private schedule(): void {
    const { clock, interval } = this.options;
    this.timer = clock.after(interval() * 1000, () => {
      void this.run();
      this.schedule();
    });
  }
}
