import type { Binding, BindingChange } from "./bindings";

/** What happened to a binding, and how many bindings its DN has at that server since. */
export interface LoggedChange {
  readonly id: number;
  /** ISO 8601, with milliseconds. */
  readonly time: string;
  readonly server: string;
  readonly dn: string;
  readonly change: BindingChange;
  readonly contact: string;
  /** 0: from now on the DN is not registered there. */
  readonly bindings: number;
}

export interface ChangeFilter {
  readonly dn?: string;
  /** Only those with a higher id. */
  readonly after: number;
  /** The newest so many. */
  readonly limit: number;
}

/** Some hours of a hundred DNs, and a minute of thousands. */
export const MAX_CHANGES = 20_000;

/** The newest changes of all bindings, so that a DN that was unregistered between two looks is seen. */
export class BindingLog {
  private changes: LoggedChange[] = [];
  private lastId = 0;

  public add(change: BindingChange, { server, dn, contact }: Binding, bindings: number): void {
    this.lastId += 1;
    const time = new Date().toISOString();
    this.changes.push({ id: this.lastId, time, server, dn, change, contact: contact.toString(), bindings });
    // Now and then, because it moves all of them.
    if (this.changes.length > 2 * MAX_CHANGES) this.changes = this.changes.slice(-MAX_CHANGES);
  }

  /** Oldest first. */
  public find({ dn, after, limit }: ChangeFilter): LoggedChange[] {
    const kept = this.changes.slice(-MAX_CHANGES);
    const found = kept.filter((change) => change.id > after && (dn === undefined || change.dn === dn));
    return found.slice(-limit);
  }
}
