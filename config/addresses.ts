import { isIPv4, isIPv6 } from "node:net";

/** `127.0.0.1:8443` or `[::1]:8443`: how URLs, nginx and SIP write an address with a port. */
export function hostPort(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether sockets on both addresses would meet: equal ones do, and `0.0.0.0` and `::` stand for all of their family. */
export function addressesOverlap(a: string, b: string): boolean {
  if (isIPv6(a) !== isIPv6(b)) return false;
  return canonical(a) === canonical(b) || isWildcard(a) || isWildcard(b);
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || canonical(address) === "[::]";
}

/** IPv4 only: 127.0.0.0/8. */
export function isLoopback(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address);
}

/**
 * Whether two IPv4 networks (CIDR), or addresses, have an address in common. What is neither, such as a name, has none
 * in common with any.
 */
export function networksOverlap(a: string, b: string): boolean {
  const [one, other] = [parseNetwork(a), parseNetwork(b)];
  if (!one || !other) return false;
  const rest = BigInt(32 - Math.min(one.length, other.length));
  return one.address >> rest === other.address >> rest;
}

function parseNetwork(text: string): { readonly address: bigint; readonly length: number } | undefined {
  const [address = "", length = "32"] = text.split("/");
  if (!isIPv4(address)) return undefined;
  const octets = address.split(".").map(BigInt);
  return { address: octets.reduce((sum, octet) => sum * 256n + octet, 0n), length: Number(length) };
}

/** One spelling for all spellings of an IPv6 address: the one that URLs use (RFC 5952). */
function canonical(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname : address;
}
