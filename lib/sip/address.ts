import { isIP } from "node:net";

/** Where something is sent or comes from: a host name or an address (IPv6 without brackets), and a port. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

/** "192.0.2.1:5060", "[2001:db8::1]:5060" */
export function formatAddress({ address, port }: Address): string {
  return `${uriHost(address)}:${port}`;
}

/** As it is written in URIs and Via: IPv6 in brackets. */
export function uriHost(address: string): string {
  return address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
}

/** As sockets take it: no brackets, and IPv4 that was mapped into IPv6 as IPv4. */
export function bareAddress(host: string): string {
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  return bare.toLowerCase().startsWith("::ffff:") && isIP(bare.slice(7)) === 4 ? bare.slice(7) : bare;
}
