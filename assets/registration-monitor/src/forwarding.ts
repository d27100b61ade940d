import type { GenesysRow, GenesysStatus } from "./rows";

/** One DN's registration at Genesys, which Asterisk keeps up. */
export class Forwarding {
  #status: GenesysStatus = "Unknown";
  #server: string | null = null;
  /** What was known last, for the words after Asterisk was away. */
  #before?: GenesysStatus;
  #since: string;

  constructor(now: string) {
    this.#since = now;
  }

  row(): GenesysRow {
    return {
      status: this.#status,
      since: this.#since,
      detail: describe(this.#status, this.#server),
      server: this.#server,
    };
  }

  lose(now: string): void {
    if (this.#status === "Unknown") return;
    this.#before = this.#status;
    this.#status = "Unknown";
    this.#since = now;
  }

  /** Takes a status over. Gives the change in words, if there is one. */
  update(status: string, serverUri: string, now: string, cause?: string): string | undefined {
    const was = this.#status === "Unknown" ? this.#before : this.#status;
    const next = statusOf(status);
    const server = serverOf(serverUri);
    if (next !== this.#status || server !== this.#server) this.#since = now;
    this.#status = next;
    this.#server = server;
    if (next === was || (was === undefined && next === "Unregistered")) return undefined;
    const because = cause === undefined ? "" : `: ${cause}`;
    return `${describe(next, server)}${because}${was === undefined ? "" : ` (was ${was})`}`;
  }
}

function describe(status: GenesysStatus, server: string | null): string {
  const genesys = server === null ? "Genesys" : `Genesys ${server}`;
  switch (status) {
    case "Registered":
      return `registered at ${genesys}`;
    case "Rejected":
      return `${genesys} does not accept the registration, or does not answer`;
    case "Unregistered":
      return `not registered at ${genesys}`;
    default:
      return `not known: Asterisk cannot be watched now`;
  }
}

/** Asterisk also says `Stopped` and `Failed`. */
function statusOf(status: string): GenesysStatus {
  return status === "Registered" || status === "Rejected" ? status : "Unregistered";
}

/** `sip:192.168.210.81:5060;transport=udp` as `192.168.210.81`: the port only where it is not SIP's own. */
function serverOf(uri: string): string {
  return uri
    .replace(/^sips?:(?:[^@]*@)?/i, "")
    .replace(/[;?].*$/, "")
    .replace(/:5060$/, "");
}

/** The user part of a SIP URI: the DN that the registration is for. */
export function dnOf(uri: string): string | undefined {
  return /^sips?:([^@;:]+)[@;:]/i.exec(uri)?.[1];
}
