import type { ContactState } from "../../../lib/ami";

/** A contact as events tell it. */
export interface ContactRow {
  readonly uri: string;
  readonly status: ContactState;
  /** Milliseconds of the last qualify's round trip; absent where Asterisk does not qualify. */
  readonly roundtripMs?: number;
  /** ISO 8601: since when it has this status, as far as the monitor has seen it. */
  readonly since: string;
}

/** A DN's phone at Asterisk. */
export interface PhoneRow {
  /** null: unknown, because Asterisk cannot be watched now. */
  readonly registered: boolean | null;
  /** Empty also when the phone registered before the monitor began to watch: its next refresh tells the URI. */
  readonly contacts: readonly ContactRow[];
  readonly since: string;
}

export type GenesysStatus = "Registered" | "Unregistered" | "Rejected" | "Unknown";

/** A DN's registration at Genesys, as Asterisk tells it (static mode). */
export interface GenesysRow {
  readonly status: GenesysStatus;
  readonly since: string;
  /** The status in words. */
  readonly detail: string;
  /** `host` or `host:port` of the registrar; null when not known yet. */
  readonly server: string | null;
}

export interface Row {
  readonly dn: string;
  readonly phone: PhoneRow;
  /** null: in proxy mode, and when Asterisk has had no answer to a registration of this DN since it started. */
  readonly genesys: GenesysRow | null;
}

export interface Totals {
  /** DNs that have a row. */
  readonly listed: number;
  /** Phones that are registered with a DN outside the range. */
  readonly outsideRange: number;
  readonly phones: { readonly registered: number; readonly unregistered: number; readonly unknown: number };
  /** null in proxy mode. */
  readonly genesys: Readonly<Record<Lowercase<GenesysStatus> | "none", number>> | null;
}

/** Counts over the rows. */
export function totalsOf(rows: readonly Row[], outsideRange: number, mode: "static" | "proxy"): Totals {
  const count = (matches: (row: Row) => boolean) => rows.filter(matches).length;
  const at = (status?: GenesysStatus) => count(({ genesys }) => genesys?.status === status);
  return {
    listed: rows.length,
    outsideRange,
    phones: {
      registered: count(({ phone }) => phone.registered === true),
      unregistered: count(({ phone }) => phone.registered === false),
      unknown: count(({ phone }) => phone.registered === null),
    },
    genesys:
      mode === "proxy"
        ? null
        : {
            registered: at("Registered"),
            unregistered: at("Unregistered"),
            rejected: at("Rejected"),
            unknown: at("Unknown"),
            none: at(undefined),
          },
  };
}
