import { isIPv6 } from "node:net";
import { type Address, bareAddress, Params, SipUri, uriHost, Via } from "../../../../lib/sip";

export type SideName = "genesys" | "asterisk";
export type RelayProtocol = "UDP" | "TCP";

const DEFAULT_PORT = 5060;

/** Parameter of our own Via: the port that a request's TCP connection came from, by which its response goes back. */
const CONNECTION = "i";

/** One spelling of each address: IPv4 out of IPv6, IPv6 as RFC 5952 writes it, names in lower case; no brackets. */
export function canonicalHost(host: string): string {
  const bare = bareAddress(host);
  // A zone (fe80::1%eth0) means something on one host only, and is in no URL.
  const spelled = isIPv6(bare) && !bare.includes("%");
  return spelled ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare.toLowerCase();
}

/** One of the two addresses that the relay has. */
export class Side {
  readonly address: Address;
  /** As it is written in Via and URIs. */
  private readonly written: string;

  constructor(
    readonly name: SideName,
    { address, port }: Address,
  ) {
    this.address = { address: canonicalHost(address), port };
    this.written = uriHost(this.address.address);
  }

  /** Whether host and port are this side's. Most messages spell them as we do. */
  is(host: string, port: number | undefined): boolean {
    if ((port ?? DEFAULT_PORT) !== this.address.port) return false;
    return host === this.written || canonicalHost(host) === this.address.address;
  }

  /** What goes into Record-Route, apart from lr. */
  routeUri(protocol: RelayProtocol): SipUri {
    const { address, port } = this.address;
    return SipUri.of(undefined, address, port, protocol === "TCP" ? { transport: "tcp" } : undefined);
  }

  /** @param connection the port that the request's TCP connection came from; undefined: it came by UDP */
  via(protocol: RelayProtocol, branch: string, connection: number | undefined): Via {
    const params = connection === undefined ? { branch } : { branch, [CONNECTION]: String(connection) };
    return new Via(protocol, this.written, this.address.port, Params.of(params));
  }
}

/** The connection that a Via of ours names. */
export function connectionOf(via: Via): number | undefined {
  const text = via.params.get(CONNECTION);
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}

/** Whether a URI is one that we write into Record-Route, for one of the sides. */
export function isOwnRoute(uri: SipUri, sides: readonly Side[]): boolean {
  return uri.user === undefined && sides.some((side) => side.is(uri.host, uri.port));
}
