import {
  type Message,
  NameAddr,
  type SipRequest,
  type SipResponse,
  SipUri,
  uriHost,
} from "../../../../lib/sip";
import type { Routing } from "./request";
import type { RelayProtocol } from "./sides";

/**
 * Contacts of Asterisk's own REGISTER lead to the relay: they become the ones that sip-proxy registers in proxy mode
 * (genesys/binding.ts). Only host, port and transport change. The lone star stays.
 */
export function toGenesys(register: SipRequest, protocol: RelayProtocol, { sides }: Routing): void {
  const { address, port } = sides.genesys.address;
  rewrite(register, () => true, { address, port, protocol });
}

/** The way back, in answers to REGISTER: Asterisk takes its expiry from the Contact that it finds to be its own. */
export function toAsterisk(response: SipResponse, { sides, asterisk }: Routing): void {
  const protocol = response.via.transport === "TCP" ? "TCP" : "UDP";
  const { genesys } = sides;
  rewrite(response, (uri) => genesys.is(uri.host, uri.port), { ...asterisk, protocol });
}

interface Place {
  readonly address: string;
  readonly port: number;
  readonly protocol: RelayProtocol;
}

function rewrite(message: Message, concerned: (uri: SipUri) => boolean, place: Place): void {
  const { contacts } = message;
  if (contacts === "*" || contacts.length === 0) return;
  const { address, port, protocol } = place;
  const values = contacts.map((contact) => {
    const uri = contact.parsedUri;
    if (!(uri instanceof SipUri) || !concerned(uri)) return contact;
    const others = uri.params.without("transport");
    const params = protocol === "TCP" ? others.with("transport", "tcp") : others;
    const moved = uri.with({ host: uriHost(address), port, params });
    return new NameAddr(moved.toString(), contact.displayName, contact.params);
  });
  message.set("Contact", values);
}
