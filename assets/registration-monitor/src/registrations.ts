import type { ContactStatusEvent, RegistryEvent } from "../../../lib/ami";
import { inRange, type MonitorConfig } from "./config";
import { dnOf, Forwarding } from "./forwarding";
import { Phone } from "./phone";
import type { Picture } from "./picture";
import { type Row, type Totals, totalsOf } from "./rows";

/** A change of one DN, in words that follow on "DN 1002: ". */
export interface Change {
  readonly dn: string;
  readonly text: string;
}

/** Phones outside the range are counted up to here. */
const maxOutside = 100_000;

/**
 * What is known about every DN of the range: pictures of the whole, changed by events. Knows no sockets. Rows are
 * bounded by the range, since a DN outside it gets none.
 */
export class Registrations {
  readonly #phones = new Map<string, Phone>();
  readonly #forwardings = new Map<string, Forwarding>();
  readonly #outside = new Set<string>();
  /** Between a picture and the next loss. */
  #known = false;
  #updatedAt: string;

  constructor(
    private readonly config: Pick<MonitorConfig, "mode" | "range">,
    private readonly changed: (change: Change) => void,
    private readonly now: () => string = () => new Date().toISOString(),
  ) {
    this.#updatedAt = this.now();
  }

  /** ISO 8601: when anything was last heard. */
  get updatedAt(): string {
    return this.#updatedAt;
  }

  /** Asterisk cannot be watched any more: what it said before may be wrong now. */
  lose(): void {
    const now = this.#touch();
    this.#known = false;
    for (const phone of this.#phones.values()) phone.lose(now);
    for (const forwarding of this.#forwardings.values()) forwarding.lose(now);
    this.#outside.clear();
  }

  /** Takes over the state of everything. DNs that Asterisk no longer knows lose their row. */
  picture(picture: Picture): void {
    const now = this.#touch();
    this.#known = true;
    this.#outside.clear();
    for (const [name, online] of picture.endpoints) {
      if (this.#isListed(name)) this.#report(name, this.#phone(name, now).picture(online, now), "phone ");
      else this.#countOutside(name, online);
    }
    for (const [dn, phone] of this.#phones) {
      if (picture.endpoints.has(dn)) continue;
      this.#report(dn, phone.picture(false, now), "phone ");
      this.#phones.delete(dn);
    }
    this.#forwardingsOf(picture, now);
  }

  contactStatus(event: ContactStatusEvent): void {
    const now = this.#touch();
    const { aor } = event;
    if (this.#isListed(aor)) this.#report(aor, this.#phone(aor, now).event(event, now), "phone ");
    else this.#countOutside(aor, event.status !== "Removed");
  }

  registry(event: RegistryEvent): void {
    const dn = dnOf(event.clientUri);
    if (this.config.mode !== "static" || dn === undefined || !this.#isListed(dn)) return;
    const now = this.#touch();
    const { status, serverUri, cause } = event;
    this.#report(dn, this.#forwarding(dn, now).update(status, serverUri, now, cause));
  }

  /** The row of one DN; undefined when Asterisk knows nothing of it. */
  row(dn: string): Row | undefined {
    const phone = this.#phones.get(dn);
    const forwarding = this.#forwardings.get(dn);
    if (phone === undefined && forwarding === undefined) return undefined;
    return {
      dn,
      phone: phone?.row() ?? { registered: this.#known ? false : null, contacts: [], since: this.#updatedAt },
      genesys: forwarding?.row() ?? null,
    };
  }

  /** Every row, in the order of the DNs. */
  rows(): Row[] {
    const dns = new Set([...this.#phones.keys(), ...this.#forwardings.keys()]);
    return [...dns].sort().map((dn) => this.row(dn) as Row);
  }

  totals(rows: readonly Row[] = this.rows()): Totals {
    return totalsOf(rows, this.#outside.size, this.config.mode);
  }

  #forwardingsOf({ registrations }: Picture, now: string): void {
    if (this.config.mode !== "static") return;
    const seen = new Set<string>();
    for (const { clientUri, serverUri, status } of registrations) {
      const dn = dnOf(clientUri);
      if (dn === undefined || !this.#isListed(dn)) continue;
      seen.add(dn);
      this.#report(dn, this.#forwarding(dn, now).update(status, serverUri, now));
    }
    for (const dn of this.#forwardings.keys()) {
      if (seen.has(dn)) continue;
      this.#forwardings.delete(dn);
      this.#report(dn, "Asterisk has no registration of it at Genesys any more, or no answer to one yet");
    }
  }

  #phone(dn: string, now: string): Phone {
    return getOrAdd(this.#phones, dn, () => new Phone(now));
  }

  #forwarding(dn: string, now: string): Forwarding {
    return getOrAdd(this.#forwardings, dn, () => new Forwarding(now));
  }

  #isListed(name: string): boolean {
    return inRange(name, this.config.range);
  }

  #countOutside(name: string, registered: boolean): void {
    if (!isDn(name)) return;
    if (!registered) this.#outside.delete(name);
    else if (this.#outside.size < maxOutside) this.#outside.add(name);
  }

  #report(dn: string, text: string | undefined, what = ""): void {
    if (text !== undefined) this.changed({ dn, text: `${what}${text}` });
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
