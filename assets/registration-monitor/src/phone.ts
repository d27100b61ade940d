import type { ContactStatusEvent } from "../../../lib/ami";
import type { ContactRow, PhoneRow } from "./rows";

/** Asterisk's own bound on contacts of an AOR is far lower (`max_contacts`). */
const maxContacts = 20;

/** One DN's phone at Asterisk: contacts by events, and whether any is online by the last picture. */
export class Phone {
  readonly #contacts = new Map<string, ContactRow>();
  /** A contact is known to be there whose URI no event has told yet. */
  #unseenContact = false;
  #known = false;
  /** What was known last, for the words after Asterisk was away. */
  #before = false;
  #since = "";

  constructor(now: string) {
    this.#since = now;
  }

  get registered(): boolean | null {
    return this.#known ? this.#contacts.size > 0 || this.#unseenContact : null;
  }

  row(): PhoneRow {
    return { registered: this.registered, contacts: [...this.#contacts.values()], since: this.#since };
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

  /** Takes over what a picture says. Gives the change in words, if there is one. */
  picture(online: boolean, now: string): string | undefined {
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

  /** Takes over what an event says. Gives the change in words, if there is one. */
  event(event: ContactStatusEvent, now: string): string | undefined {
    const was = this.#known ? this.registered === true : this.#before;
    // The contact that the picture meant and this one are the same, as far as anybody can tell.
    this.#unseenContact = false;
    const { uri, status } = event;
    if (status === "Removed") {
      this.#contacts.delete(uri);
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

  #settle(was: boolean, now: string, words: string): string | undefined {
    const first = !this.#known;
    this.#known = true;
    if (first || was !== this.registered) this.#since = now;
    return was === this.registered ? undefined : words;
  }
}

function reachability(previous: ContactRow | undefined, status: string, uri: string): string | undefined {
  if (status === "Unreachable" && previous?.status !== "Unreachable") return `does not answer at ${uri}`;
  if (status === "Reachable" && previous?.status === "Unreachable") return `answers again at ${uri}`;
  return undefined;
}
