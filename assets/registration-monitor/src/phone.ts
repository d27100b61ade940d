import type { ContactStatusEvent } from "../../../lib/ami";
import type { Binding } from "./bindings";
import type { ContactRow, PhoneRow } from "./rows";

/** Asterisk's own bound on contacts of an AOR is far lower (`max_contacts`). */
const maxContacts = 20;

/** What happened to a phone, in words. */
export interface PhoneChange {
  readonly text: string;
  readonly trouble: boolean;
}

/**
 * One DN's phone at Asterisk: contacts by events, whether any is online by the last picture, and what the database
 * says of its bindings. Whether it is registered is never taken from the database, which is read only at times.
 */
export class Phone {
  readonly #contacts = new Map<string, ContactRow>();
  #bindings: readonly Binding[] = [];
  /** A contact is known to be there whose URI no event has told yet. */
  #unseenContact = false;
  #known = false;
  /** What was known last, for the words after Asterisk was away. */
  #before = false;
  #since = "";
  /** When the last event came, in milliseconds of the caller's clock. */
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(now: string) {
    this.#since = now;
  }

  get registered(): boolean | null {
    return this.#known ? this.#contacts.size > 0 || this.#unseenContact : null;
  }

  row(): PhoneRow {
    return { registered: this.registered, contacts: this.#contactRows(), since: this.#since };
  }

  /** Nothing is known any more. */
  lose(now: string): void {
    if (!this.#known) return;
    this.#before = this.registered === true;
    this.#known = false;
    this.#contacts.clear();
    this.#unseenContact = false;
    this.#since = now;
  }

  /** Takes over what a picture says. Gives the change, if there is one. */
  picture(online: boolean, now: string): PhoneChange | undefined {
    const was = this.#known ? this.registered === true : this.#before;
    if (!online) {
      // Contacts that can be reached would make the endpoint online: their removal was missed.
      for (const [uri, contact] of this.#contacts)
        if (contact.status !== "Unreachable") this.#contacts.delete(uri);
    }
    this.#unseenContact = online && this.#contacts.size === 0;
    return this.#settle(
      was,
      now,
      online ? "registered at Asterisk (contact not seen yet)" : "no longer registered at Asterisk",
    );
  }

  /** Takes over what an event says. Gives the change, if there is one. */
  event(event: ContactStatusEvent, now: string, at: number): PhoneChange | undefined {
    const was = this.#known ? this.registered === true : this.#before;
    this.#heardAt = at;
    // The contact that the picture meant and this one are the same, as far as anybody can tell.
    this.#unseenContact = false;
    const { uri, status } = event;
    if (status === "Removed") {
      this.#contacts.delete(uri);
      this.#bindings = this.#bindings.filter((binding) => binding.uri !== uri);
      return this.#settle(was, now, `no longer registered at Asterisk (${uri} was removed)`);
    }
    const previous = this.#contacts.get(uri);
    if (previous === undefined && this.#contacts.size >= maxContacts) return undefined;
    const roundtrip = event.roundtripUsec === undefined ? {} : { roundtripMs: event.roundtripUsec / 1_000 };
    const since = previous?.status === status ? previous.since : now;
    this.#contacts.set(uri, { uri, status, ...roundtrip, since });
    return (
      this.#settle(was, now, `registered at Asterisk from ${uri}`) ?? reachability(previous, status, uri)
    );
  }

  /**
   * Takes over what the database says.
   * @param askedAt milliseconds of the caller's clock: what was asked before the last event came may be older than it
   * @returns whether anything is different now
   */
  bind(bindings: readonly Binding[], askedAt: number): boolean {
    if (askedAt < this.#heardAt) return false;
    const next = bindings.slice(0, maxContacts);
    const same =
      next.length === this.#bindings.length && next.every((one, n) => isSame(one, this.#bindings[n]));
    this.#bindings = next;
    return !same;
  }

  #contactRows(): ContactRow[] {
    if (this.registered !== true) return [];
    const rows = new Map(this.#contacts);
    for (const { uri, expiresAt, userAgent, via } of this.#bindings) {
      const contact = rows.get(uri) ?? { uri, status: "Unknown", since: this.#since };
      rows.set(uri, { ...contact, expiresAt, userAgent, via });
    }
    return [...rows.values()].slice(0, maxContacts);
  }

  #settle(was: boolean, now: string, text: string): PhoneChange | undefined {
    const first = !this.#known;
    this.#known = true;
    if (first || was !== this.registered) this.#since = now;
    return was === this.registered ? undefined : { text, trouble: false };
  }
}

function isSame(one: Binding, other: Binding | undefined): boolean {
  return (
    one.uri === other?.uri &&
    one.expiresAt === other.expiresAt &&
    one.userAgent === other.userAgent &&
    one.via === other.via
  );
}

function reachability(
  previous: ContactRow | undefined,
  status: string,
  uri: string,
): PhoneChange | undefined {
  if (status === "Unreachable" && previous?.status !== "Unreachable") {
    return { text: `does not answer at ${uri}`, trouble: true };
  }
  if (status === "Reachable" && previous?.status === "Unreachable") {
    return { text: `answers again at ${uri}`, trouble: false };
  }
  return undefined;
}
