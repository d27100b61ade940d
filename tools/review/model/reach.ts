import { isIPv6 } from "node:net";
import { hostPort, isLoopback } from "../../../config";
import type { Listener } from "./deployment";

/** Whether only the host itself reaches it. */
export function isLocal(address: string): boolean {
  return isLoopback(address) || canonical(address) === "[::1]";
}

/** Who can open a connection to it, as far as addresses decide; firewalls are not known here. */
export function whoReaches(address: string): string {
  if (isLocal(address)) return "the host itself only";
  if (address === "0.0.0.0" || canonical(address) === "[::]")
    return "whoever reaches any address of the host";
  return `whoever reaches ${address}`;
}

/** `TCP 192.168.210.54:8443` */
export function placeOf({ protocol, address, port }: Listener): string {
  return `${protocol} ${isIPv6(address) ? hostPort(address, 0).replace(/0$/, port) : `${address}:${port}`}`;
}

function canonical(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname : address;
}
