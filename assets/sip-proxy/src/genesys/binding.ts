import { type Address, formatAddress } from "../../../../lib/sip";
import type { GenesysServerConfig } from "../config";

/**
 * What a DN is called at Genesys: the same texts whoever registers it, Asterisk through the relay or the forwarder.
 * So the one's REGISTER refreshes the other's binding (RFC 3261 10.3), however many bindings of a DN Genesys keeps.
 */

/** Address of record: `sip:1002@192.0.2.81`, with the port where it isn't 5060, as constructs/asterisk/trunk.ts writes it. */
export function aorOf(dn: string, { host, port }: Pick<GenesysServerConfig, "host" | "port">): string {
  const address = formatAddress({ address: host, port });
  return `sip:${dn}@${port === 5060 ? address.slice(0, -5) : address}`;
}

/** Contact, at the relay's side towards Genesys. @param transport by which Genesys is to reach it */
export function contactOf(dn: string, relay: Address, transport: GenesysServerConfig["transport"]): string {
  return `sip:${dn}@${formatAddress(relay)}${transport === "tcp" ? ";transport=tcp" : ""}`;
}
