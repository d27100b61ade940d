import {
  type Address,
  grantedExpiry,
  type NameAddr,
  type SipRequest,
  type SipResponse,
  SipUri,
} from "../../../../lib/sip";
import { contactOf } from "../genesys/binding";
import { answerTo } from "./answers";
import type { Answer, Arrival, Drop } from "./decision";
import { userOf } from "./dn";
import type { Routing } from "./request";
import { canonicalHost } from "./sides";

/** A server of Genesys as a URI of Asterisk's names it. */
export interface ServerName {
  readonly host: string;
  readonly port: number;
}

/**
 * Who keeps count of Asterisk's own registrations (static mode). They have the Contact that sip-proxy registers too
 * (genesys/binding.ts), so Genesys has one binding of a DN for both, and what one does to it concerns the other.
 */
export interface OwnRegistrations {
  /** Asterisk registers, or refreshes. False: not now, for an un-REGISTER is on its way. */
  asks(dn: string): boolean;
  /** Genesys has granted it. @param expires seconds; undefined: as asked */
  granted(dn: string, expires: number | undefined): void;
  /** Asterisk un-registers. Whether Genesys hears of that, and when, is decided there. */
  gaveUp(dn: string, server: ServerName): void;
}

/**
 * What becomes of a REGISTER of Asterisk's own instead of its being sent on; undefined: it is sent on. The one place
 * where the relay takes part in registrations: a farewell is answered here, and a REGISTER that an un-REGISTER might
 * overtake is dropped, to come again half a second later (timer E); a refusal would make Asterisk wait for longer.
 * Other bindings than the common one pass.
 */
export function ownRegister(
  request: SipRequest,
  arrival: Arrival,
  routing: Routing,
  own: OwnRegistrations,
): Answer | Drop | undefined {
  if (request.method !== "REGISTER" || arrival.side !== "asterisk") return undefined;
  const dn = userOf(request.to);
  const expires = dn && askedExpiry(request, dn, routing.asterisk);
  if (!dn || expires === undefined) return undefined;
  if (expires === 0) {
    own.gaveUp(dn, serverOf(request));
    return answerTo(request, arrival, 200, "OK");
  }
  if (own.asks(dn)) return undefined;
  const why = `DN ${dn} is being un-registered at Genesys: Asterisk's REGISTER has to come again`;
  return { do: "drop", reason: "too-early", why, callId: request.callId };
}

/** Notes what Genesys has granted to Asterisk. */
export function noteGrant(
  response: SipResponse,
  arrival: Arrival,
  { sides }: Routing,
  own: OwnRegistrations,
): void {
  if (arrival.side !== "genesys" || response.status >= 300 || response.status < 200) return;
  if (response.cseq.method !== "REGISTER") return;
  const dn = userOf(response.to);
  if (dn === undefined) return;
  const contact = contactOf(dn, sides.genesys.address, "udp");
  const expires = grantedExpiry(response, contact, 0);
  own.granted(dn, expires === 0 ? undefined : expires);
}

/** Seconds for the common binding, or for all (the lone star); undefined: it is about none, or another one. */
function askedExpiry(request: SipRequest, dn: string, asterisk: Address): number | undefined {
  const { contacts } = request;
  if (contacts === "*") return request.expires === 0 ? 0 : undefined;
  const [contact, ...others] = contacts;
  if (contact === undefined || others.length > 0 || !isCommon(contact, dn, asterisk)) return undefined;
  // RFC 3261 10.2.1.1: without either, it is up to the registrar.
  return contact.expires ?? request.expires ?? Number.POSITIVE_INFINITY;
}

/** Whether it becomes the common Contact when it leads to the relay (contacts.ts). */
function isCommon({ parsedUri: uri }: NameAddr, dn: string, asterisk: Address): boolean {
  if (!(uri instanceof SipUri)) return false;
  const plain = uri.user === dn && uri.password === undefined && uri.headers === undefined;
  const here = canonicalHost(uri.host) === asterisk.address && (uri.port ?? 5060) === asterisk.port;
  return plain && here && [...uri.params.without("transport")].length === 0;
}

function serverOf({ parsedUri: uri }: SipRequest): ServerName {
  return uri instanceof SipUri ? { host: uri.host, port: uri.port ?? 5060 } : { host: "", port: 0 };
}
