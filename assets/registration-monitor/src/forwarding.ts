import type { GenesysRow, GenesysStatus, Registrar } from "./rows";

/** What is told of a DN's registration at Genesys. */
export interface Told {
  readonly status: GenesysStatus;
  readonly server: string | null;
  /** ISO 8601: since when, where it is told. */
  readonly since?: string;
  readonly expiresAt?: string | null;
  /** Why it stands so. null: there is no cause; absent: it isn't told, and what was told before holds. */
  readonly cause?: string | null;
}

/** A change, in words. */
export interface ForwardingChange {
  readonly text: string;
  readonly trouble: boolean;
}

/** sip-proxy's clock and ours are read at different moments: times that differ by less are the same. */
const sameMoment = 1_000;

/** One DN's registration at Genesys, which Asterisk or sip-proxy keeps up. */
export class Forwarding {
  #status: GenesysStatus = "Unknown";
  #server: string | null = null;
  #cause: string | null = null;
  #expiresAt: string | null = null;
  /** Where it came to rest last: not on its way to anything, and known. */
  #settled?: {
    readonly status: GenesysStatus;
    readonly server: string | null;
    readonly cause: string | null;
  };
  #since: string;

  constructor(
    private readonly by: Registrar,
    now: string,
  ) {
    this.#since = now;
  }

  row(): GenesysRow {
    return {
      status: this.#status,
      by: this.by,
      since: this.#since,
      expiresAt: this.#expiresAt,
      detail: this.#detail(),
      server: this.#server,
    };
  }

  lose(now: string): void {
    if (this.#status === "Unknown") return;
    this.#status = "Unknown";
    this.#cause = null;
    this.#expiresAt = null;
    this.#since = now;
  }

  /** Takes over what is told. Gives the change, if it is one that people want to know. */
  update(told: Told, now: string): ForwardingChange | undefined {
    const { status, server, since = now, expiresAt = null } = told;
    const cause = told.cause === undefined && status === this.#status ? this.#cause : (told.cause ?? null);
    if (status !== this.#status || server !== this.#server) this.#since = since;
    this.#status = status;
    this.#server = server;
    this.#cause = cause;
    this.#expiresAt = nearly(this.#expiresAt, expiresAt);
    if (status === "Registering") return undefined;
    const was = this.#settled;
    this.#settled = { status, server, cause };
    const trouble = status === "Rejected" || status === "BackingOff";
    if (was === undefined) {
      return status === "Unregistered" ? undefined : { text: this.#detail(), trouble };
    }
    if (status !== was.status) return { text: `${this.#detail()} (was ${was.status})`, trouble };
    const moved = status === "Registered" && server !== was.server && was.server !== null;
    if (moved) return { text: `${this.#detail()} (was at ${was.server})`, trouble };
    return trouble && cause !== null && cause !== was.cause ? { text: this.#detail(), trouble } : undefined;
  }

  #detail(): string {
    const because = this.#cause === null ? "" : `: ${this.#cause}`;
    return `${describe(this.#status, this.#server, this.by)}${because}`;
  }
}

function describe(status: GenesysStatus, server: string | null, by: Registrar): string {
  const genesys = server === null ? "Genesys" : `Genesys ${server}`;
  switch (status) {
    case "Registered":
      return `registered at ${genesys}`;
    case "Registering":
      return `a REGISTER to ${genesys} is on its way`;
    case "Rejected":
      return `${genesys} does not accept the registration, or does not answer`;
    case "BackingOff":
      return `not registered at ${genesys}, tries again`;
    case "Unregistered":
      return `not registered at ${genesys}`;
    default:
      return `not known: ${by} cannot be watched now`;
  }
}

/** The time that was shown, as long as it is as good as the new one. */
function nearly(shown: string | null, told: string | null): string | null {
  if (shown === null || told === null) return told;
  return Math.abs(Date.parse(shown) - Date.parse(told)) < sameMoment ? shown : told;
}
