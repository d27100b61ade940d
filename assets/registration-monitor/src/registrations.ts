import type { ContactStatusEvent, RegistryEvent } from "../../../lib/ami";
import type { Binding } from "./bindings";
import type { Change } from "./changes";
import { inRange, type MonitorConfig } from "./config";
import { Forwarding, type Told } from "./forwarding";
import { Phone } from "./phone";
import type { Picture } from "./picture";
import type { ProxyView } from "./proxy-source";
import { dnOf, toldByAsterisk, toldByProxy } from "./registrar";
import { type Row, type Totals, type Trouble, totalsOf } from "./rows";

/** Phones outside the range are counted up to here. */
const maxOutside = 100_000;

export interface RegistrationsListener {
  /** A DN came, went, or changed in a way that people want to know. */
  changed(change: Change): void;
  /** The row of a DN may be another one now, or be there no more. */
  touched(dn: string): void;
}

/**
 * What is known about every DN of the range: pictures of Asterisk's whole, changed by events; bindings from the
 * database; in proxy mode sip-proxy's list. Knows no sockets. Rows are bounded by the range, since a DN outside it
 * gets none.
 */
export class Registrations {
  readonly #phones = new Map<string, Phone>();
  readonly #forwardings = new Map<string, Forwarding>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #outside = new Set<string>();
  /** Between a picture and the next loss. */
  #known = false;
  /** What the first look of all finds has no time that it happened at. */
  #firstPicture = true;
  #firstList = true;
  #updatedAt: string;

  constructor(
    private readonly config: Pick<MonitorConfig, "mode" | "range">,
    private readonly listener: RegistrationsListener,
    private readonly now: () => string = () => new Date().toISOString(),
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.#updatedAt = this.now();
  }

  /** Phones that are registered with a DN outside the range. */
  get outsideRange(): number {
    return this.#outside.size;
  }

  /** ISO 8601: when anything was last heard. */
  get updatedAt(): string {
    return this.#updatedAt;
  }

  /** Asterisk cannot be watched any more: what it said before may be wrong now. */
  lose(): void {
    const now = this.#touch();
    this.#known = false;
    for (const [dn, phone] of this.#phones) {
      phone.lose(now);
      this.listener.touched(dn);
    }
    if (this.config.mode === "static") this.#loseForwardings(now);
    this.#outside.clear();
  }

  /** Takes over the state of everything. DNs that Asterisk no longer knows lose their row. */
  picture(picture: Picture): void {
    const now = this.#touch();
    this.#known = true;
    this.#outside.clear();
    for (const [name, online] of picture.endpoints) {
      if (this.#isListed(name)) {
        this.#report(name, "phone", this.#phone(name, now).picture(online, now), this.#firstPicture);
      } else this.#countOutside(name, online);
    }
    for (const [dn, phone] of this.#phones) {
      if (picture.endpoints.has(dn)) continue;
      this.#report(dn, "phone", phone.picture(false, now), this.#firstPicture);
      this.#phones.delete(dn);
      this.#forget(dn);
    }
    if (this.config.mode === "static") this.#forwardingsOf(picture, now);
    this.#firstPicture = false;
  }

  contactStatus(event: ContactStatusEvent): void {
    const now = this.#touch();
    const { aor } = event;
    if (this.#isListed(aor)) {
      this.#report(aor, "phone", this.#phone(aor, now).event(event, now, this.clock()));
    } else this.#countOutside(aor, event.status !== "Removed");
  }

  registry(event: RegistryEvent): void {
    const dn = dnOf(event.clientUri);
    if (this.config.mode !== "static" || dn === undefined || !this.#isListed(dn)) return;
    this.#forward(dn, toldByAsterisk(event), this.#touch(), false);
  }

  /**
   * Takes over what the database says of contacts.
   * @param askedAt of the clock: when it was asked
   */
  bindings(bindings: ReadonlyMap<string, readonly Binding[]>, askedAt: number): void {
    for (const [dn, phone] of this.#phones) {
      if (phone.bind(bindings.get(dn) ?? [], askedAt)) this.listener.touched(dn);
    }
  }

  /** Takes over sip-proxy's list. DNs that it no longer knows are registered by nobody. */
  proxyList(views: readonly ProxyView[]): void {
    const now = this.#touch();
    const seen = new Set<string>();
    for (const view of views) {
      if (!this.#isListed(view.dn)) continue;
      seen.add(view.dn);
      this.#forward(view.dn, toldByProxy(view), now, this.#firstList);
    }
    this.#endForwardings(seen, "sip-proxy does not register it at Genesys any more");
    this.#firstList = false;
  }

  /** sip-proxy cannot be asked any more. */
  loseProxy(): void {
    this.#loseForwardings(this.#touch());
  }

  /** What went wrong before this process began, where nothing has since. */
  recall(dn: string, trouble: Trouble): void {
    if (!this.#isListed(dn) || this.#troubles.has(dn)) return;
    this.#troubles.set(dn, trouble);
    this.listener.touched(dn);
  }

  /** The row of one DN; undefined when nobody knows anything of it. */
  row(dn: string): Row | undefined {
    const phone = this.#phones.get(dn);
    const forwarding = this.#forwardings.get(dn);
    if (phone === undefined && forwarding === undefined) return undefined;
    return {
      dn,
      phone: phone?.row() ?? { registered: this.#known ? false : null, contacts: [], since: this.#updatedAt },
      genesys: forwarding?.row() ?? null,
      lastError: this.#troubles.get(dn) ?? null,
    };
  }

  /** Every row, in the order of the DNs. */
  rows(): Row[] {
    const dns = new Set([...this.#phones.keys(), ...this.#forwardings.keys()]);
    return [...dns].sort().map((dn) => this.row(dn) as Row);
  }

  totals(rows: Iterable<Row> = this.rows()): Totals {
    return totalsOf(rows, this.#outside.size);
  }

  #forwardingsOf({ registrations }: Picture, now: string): void {
    const seen = new Set<string>();
    for (const registration of registrations) {
      const dn = dnOf(registration.clientUri);
      if (dn === undefined || !this.#isListed(dn)) continue;
      seen.add(dn);
      this.#forward(dn, toldByAsterisk(registration), now, this.#firstPicture);
    }
    this.#endForwardings(
      seen,
      "Asterisk has no registration of it at Genesys any more, or no answer to one yet",
    );
  }

  #forward(dn: string, told: Told, now: string, found: boolean): void {
    const by = this.config.mode === "static" ? "Asterisk" : "sip-proxy";
    const forwarding = getOrAdd(this.#forwardings, dn, () => new Forwarding(by, now));
    this.#report(dn, "genesys", forwarding.update(told, now), found);
  }

  #endForwardings(seen: ReadonlySet<string>, text: string): void {
    for (const dn of this.#forwardings.keys()) {
      if (seen.has(dn)) continue;
      this.#forwardings.delete(dn);
      this.#report(dn, "genesys", { text, trouble: false });
      this.#forget(dn);
    }
  }

  #loseForwardings(now: string): void {
    for (const [dn, forwarding] of this.#forwardings) {
      forwarding.lose(now);
      this.listener.touched(dn);
    }
  }

  #phone(dn: string, now: string): Phone {
    return getOrAdd(this.#phones, dn, () => new Phone(now));
  }

  #isListed(name: string): boolean {
    return inRange(name, this.config.range);
  }

  #countOutside(name: string, registered: boolean): void {
    if (!isDn(name)) return;
    if (!registered) this.#outside.delete(name);
    else if (this.#outside.size < maxOutside) this.#outside.add(name);
  }

  /** A DN without a row has no errors either. */
  #forget(dn: string): void {
    if (!this.#phones.has(dn) && !this.#forwardings.has(dn)) this.#troubles.delete(dn);
  }

  #report(
    dn: string,
    what: Change["what"],
    change: { readonly text: string; readonly trouble: boolean } | undefined,
    found = false,
  ): void {
    this.listener.touched(dn);
    if (change === undefined) return;
    const text = what === "phone" ? `phone ${change.text}` : change.text;
    if (change.trouble) this.#troubles.set(dn, { at: this.#updatedAt, text });
    this.listener.changed({ dn, what, text, trouble: change.trouble, found });
  }

  #touch(): string {
    this.#updatedAt = this.now();
    return this.#updatedAt;
  }
}

/** Endpoints such as the trunk's have names, not numbers. */
function isDn(name: string): boolean {
  return /^\d+$/.test(name);
}

function getOrAdd<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
