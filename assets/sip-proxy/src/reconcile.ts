import type { AmiState, Contact, OutboundRegistration } from "../../../lib/ami";
import type { Clock, Timer } from "../../../lib/sip";
import type { Log } from "./log";

/** What the reconciliation needs of an AMI client. */
export interface AsteriskSource {
  readonly state: AmiState;
  on(event: "ready", listener: () => void): unknown;
  listContacts(): Promise<Contact[]>;
  listOutboundRegistrations(): Promise<OutboundRegistration[]>;
}

export interface ReconcilerOptions {
  readonly source: AsteriskSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Seconds between two lists; in force now. */
  interval(): number;
  /** Whether Asterisk's contacts are of interest: in proxy mode. */
  contactsMatter(): boolean;
  /** @param askedAt when the list was asked for, by the clock */
  applyContacts(contacts: readonly Contact[], askedAt: number): void;
  applyRegistrations(registrations: readonly OutboundRegistration[], askedAt: number): void;
  /** Asterisk couldn't tell. */
  onFailure?(): void;
}

/** Milliseconds within which several reasons to ask become one question. */
const TOGETHER = 500;

/**
 * Asks Asterisk for its registrations at Genesys, and in proxy mode for all contacts: at start, whenever AMI has
 * (re)connected, and at intervals. What the tunnel and the relay missed comes to light here: what is from before a
 * restart, what came past the tunnel, and what expired or was removed by hand.
 */
export class Reconciler {
  /** When the contacts were last compared, by the clock; undefined before the first time. */
  lastAt: number | undefined;
  private timer: Timer | undefined;
  private early: Timer | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: ReconcilerOptions) {}

  start(): void {
    this.options.source.on("ready", () => void this.run());
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.early?.cancel();
  }

  /** Asks once. Never rejects; without a connection it does nothing, as the next connection asks anyway. */
  async run(): Promise<void> {
    const { source, log, onFailure } = this.options;
    if (this.running !== undefined || this.stopped || source.state !== "ready") return;
    await this.ask().catch((error: Error) => {
      onFailure?.();
      log.warn({ error: error.message }, "Asterisk's contacts could not be listed");
    });
  }

  /** Asks now, whatever was asked before. Rejects when Asterisk can't tell. */
  async ask(): Promise<void> {
    await this.running?.catch(() => undefined);
    this.running = this.compare().finally(() => {
      this.running = undefined;
    });
    await this.running;
  }

  /** Asks within half a second, if there is a reason by then. */
  soon(reason: () => boolean): void {
    this.early ??= this.options.clock.after(TOGETHER, () => {
      this.early = undefined;
      if (reason()) void this.run();
    });
  }

  private async compare(): Promise<void> {
    const { source, clock, log, contactsMatter, applyContacts, applyRegistrations } = this.options;
    const askedAt = clock.now();
    // First, so that what Asterisk has registered itself is not un-registered for want of a phone.
    const registrations = await source.listOutboundRegistrations();
    if (this.stopped) return;
    applyRegistrations(registrations, askedAt);
    if (!contactsMatter()) return;
    const contactsAskedAt = clock.now();
    const contacts = await source.listContacts();
    if (this.stopped || !contactsMatter()) return;
    this.lastAt = clock.now();
    applyContacts(contacts, contactsAskedAt);
    log.debug({ contacts: contacts.length }, "compared with Asterisk's contacts");
  }

  private schedule(): void {
    const { clock, interval } = this.options;
    this.timer = clock.after(interval() * 1000, () => {
      void this.run();
      this.schedule();
    });
  }
}
