import type { ContactState } from "../../../lib/ami";

/** A contact of a phone: a binding that Asterisk's registrar holds. */
export interface ContactRow {
  readonly uri: string;
  /** As Asterisk's qualify sees it; `Unknown`: no event has told yet. */
  readonly status: ContactState;
  /** Milliseconds of the last qualify's round trip; absent where Asterisk does not qualify. */
  readonly roundtripMs?: number;
  /** ISO 8601: since when it has this status, as far as the monitor has seen it. */
  readonly since: string;
  /** ISO 8601: when the binding runs out. Absent: the database has not told yet, as what follows. */
  readonly expiresAt?: string;
  readonly userAgent?: string;
  /** `address:port` that the REGISTER says it came from. */
  readonly via?: string;
}

/** A DN's phone at Asterisk. */
export interface PhoneRow {
  /** null: unknown, because Asterisk cannot be watched now. */
  readonly registered: boolean | null;
  /** Empty also when neither an event nor the database has told the URI yet. */
  readonly contacts: readonly ContactRow[];
  readonly since: string;
}

/** `Rejected` is Asterisk's word for "refused or not answered", `BackingOff` is sip-proxy's for the same. */
export type GenesysStatus =
  | "Registered"
  | "Registering"
  | "Unregistered"
  | "Rejected"
  | "BackingOff"
  | "Unknown";

/** A DN's registration at Genesys, as told by whoever keeps it up. */
export interface GenesysRow {
  readonly status: GenesysStatus;
  /** Who registers it. */
  readonly by: Registrar;
  readonly since: string;
  /** ISO 8601: when the binding at Genesys runs out; null without one, and in static mode: Asterisk doesn't tell. */
  readonly expiresAt: string | null;
  /** The status in words. */
  readonly detail: string;
  /** `host` or `host:port` of the registrar; null when not known yet. */
  readonly server: string | null;
}

export type Registrar = "Asterisk" | "sip-proxy";

/** The last thing that went wrong with a DN. It stays when all is well again. */
export interface Trouble {
  readonly at: string;
  readonly text: string;
}

export interface Row {
  readonly dn: string;
  readonly phone: PhoneRow;
  /** null: nobody registers it at Genesys, or there was no answer since who does it started. */
  readonly genesys: GenesysRow | null;
  readonly lastError: Trouble | null;
}

/** What an operator sorts rows by. */
export type Condition = "problem" | "registered" | "offline" | "unknown";

/** What is wrong with a row now, in words; undefined: nothing. */
export function problemOf({ phone, genesys }: Row): string | undefined {
  if (genesys?.status === "Rejected" || genesys?.status === "BackingOff") return genesys.detail;
  if (phone.registered !== true) return undefined;
  if (phone.contacts.length > 0 && phone.contacts.every(({ status }) => status === "Unreachable")) {
    return "the phone does not answer Asterisk";
  }
  return genesys?.status === "Unregistered" ? genesys.detail : undefined;
}

export function conditionOf(row: Row): Condition {
  if (problemOf(row) !== undefined) return "problem";
  if (row.phone.registered === null) return "unknown";
  return row.phone.registered ? "registered" : "offline";
}

export interface Totals {
  /** DNs that have a row. */
  readonly listed: number;
  /** Phones that are registered with a DN outside the range. */
  readonly outsideRange: number;
  readonly conditions: Readonly<Record<Condition, number>>;
  readonly phones: Readonly<Record<"registered" | "unregistered" | "unknown", number>>;
  readonly genesys: Readonly<Record<GenesysCount, number>>;
}

/** `none`: rows without a registration at Genesys. */
type GenesysCount =
  | "registered"
  | "registering"
  | "unregistered"
  | "rejected"
  | "backingOff"
  | "unknown"
  | "none";

const countOf: Readonly<Record<GenesysStatus, GenesysCount>> = {
  Registered: "registered",
  Registering: "registering",
  Unregistered: "unregistered",
  Rejected: "rejected",
  BackingOff: "backingOff",
  Unknown: "unknown",
};

/** Counts over the rows. */
export function totalsOf(rows: Iterable<Row>, outsideRange: number): Totals {
  const conditions = { problem: 0, registered: 0, offline: 0, unknown: 0 };
  const phones = { registered: 0, unregistered: 0, unknown: 0 };
  const genesys = {
    registered: 0,
    registering: 0,
    unregistered: 0,
    rejected: 0,
    backingOff: 0,
    unknown: 0,
    none: 0,
  };
  let listed = 0;
  for (const row of rows) {
    listed++;
    conditions[conditionOf(row)]++;
    const { registered } = row.phone;
    phones[registered === null ? "unknown" : registered ? "registered" : "unregistered"]++;
    genesys[row.genesys === null ? "none" : countOf[row.genesys.status]]++;
  }
  return { listed, outsideRange, conditions, phones, genesys };
}
