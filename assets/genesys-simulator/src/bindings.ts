import type { Address, Clock, Protocol, SipUri, Timer } from "../../../lib/sip";

/** One registered contact of one DN. */
export interface Binding {
  readonly dn: string;
  /** Name of the server that took the REGISTER. */
  readonly server: string;
  readonly contact: SipUri;
  readonly callId: string;
  readonly cseq: number;
  /** On the clock of the table, in milliseconds. */
  readonly expiresAt: number;
  /** Where the REGISTER came from. */
  readonly source: Address;
  readonly protocol: Protocol;
}

export type BindingChange = "registered" | "refreshed" | "replaced" | "unregistered" | "expired" | "deleted";

/** Bindings of one table at most: more than any test needs, and few enough for the memory of the container. */
const CAPACITY = 20_000;

/** Who is registered where. Bindings leave by themselves when they expire. */
export class BindingTable {
  // Newest last, by DN.
  private readonly byDn = new Map<string, { binding: Binding; timer: Timer }[]>();
  private size = 0;

  constructor(
    private readonly clock: Clock,
    private readonly onChange: (change: BindingChange, binding: Binding) => void,
  ) {}

  /** Bindings of a DN, newest first. */
  public of(dn: string): Binding[] {
    return (this.byDn.get(dn) ?? []).map((entry) => entry.binding).reverse();
  }

  /** All bindings, in the order of their DNs. */
  public list(): Binding[] {
    return [...this.byDn.keys()].sort().flatMap((dn) => this.of(dn));
  }

  public get full(): boolean {
    return this.size >= CAPACITY;
  }

  /** Whole seconds until it expires, rounded up: 0 is said of nothing that is still there. */
  public secondsLeft(binding: Binding): number {
    return Math.max(0, Math.ceil((binding.expiresAt - this.clock.now()) / 1000));
  }

  /**
   * Adds a binding, or refreshes the one with an equal contact (RFC 3261 19.1.4); then lets the oldest go until
   * no more than `limit` are left.
   */
  public put(binding: Binding, limit: number): void {
    const known = this.take(binding.dn, (other) => other.contact.equals(binding.contact));
    const entries = this.byDn.get(binding.dn) ?? [];
    const timer = this.clock.after(Math.max(0, binding.expiresAt - this.clock.now()), () =>
      this.expire(binding),
    );
    entries.push({ binding, timer });
    this.byDn.set(binding.dn, entries);
    this.size += 1;
    this.onChange(known.length > 0 ? "refreshed" : "registered", binding);
    while (entries.length > limit) {
      const oldest = entries[0]?.binding;
      for (const gone of this.take(binding.dn, (other) => other === oldest)) this.onChange("replaced", gone);
    }
  }

  /** Removes bindings of a DN, all or those that `which` picks; returns how many. */
  public remove(
    dn: string,
    change: "unregistered" | "deleted",
    which: (binding: Binding) => boolean = () => true,
  ) {
    const gone = this.take(dn, which);
    for (const binding of gone) this.onChange(change, binding);
    return gone.length;
  }

  /** Forgets everything; returns how many bindings there were. */
  public clear(): number {
    return [...this.byDn.keys()].reduce((count, dn) => count + this.remove(dn, "deleted"), 0);
  }

  /** Ends all timers, saying nothing. */
  public stop(): void {
    for (const dn of [...this.byDn.keys()]) this.take(dn, () => true);
  }

  private expire(binding: Binding): void {
    for (const gone of this.take(binding.dn, (other) => other === binding)) this.onChange("expired", gone);
  }

  private take(dn: string, which: (binding: Binding) => boolean): Binding[] {
    const entries = this.byDn.get(dn) ?? [];
    const gone = entries.filter((entry) => which(entry.binding));
    for (const entry of gone) {
      entry.timer.cancel();
      entries.splice(entries.indexOf(entry), 1);
    }
    this.size -= gone.length;
    if (entries.length === 0) this.byDn.delete(dn);
    return gone.map((entry) => entry.binding);
  }
}
