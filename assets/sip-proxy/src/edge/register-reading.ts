import {
  type GlancedContact,
  glance,
  glanceContact,
  glanceUser,
  type NameAddr,
  parseFrame,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  SipUri,
} from "../../../../lib/sip";
import { bringsCredentials } from "./tries";

/** What a REGISTER asks for. */
export interface RegisterReading {
  readonly dn: string;
  readonly callId: string;
  readonly cseq: number;
  /** Seconds; undefined where the phone leaves it to the registrar. */
  readonly contacts: readonly { readonly uri: string; readonly asked: number | undefined }[];
  /** `Contact: *` (RFC 3261 10.2.2) */
  readonly removesAll: boolean;
  readonly credentials: boolean;
}

/** An answer to a request of a phone. */
export interface AnswerReading {
  readonly status: number;
  readonly reason: string;
  readonly dn: string;
  readonly callId: string;
  readonly cseq: number;
  readonly method: string;
  /** What it lists, with the seconds that are granted (RFC 3261 10.2.4). */
  readonly bindings: readonly GlancedContact[];
  /** Seconds of its Expires. */
  readonly expires: number | undefined;
  /** Whether it refuses the credentials of the request; 403 and 404 may also be about whom the phone calls. */
  readonly refusal: boolean;
}

/** Reads a REGISTER. @returns undefined for what is no message. @throws SipParseError */
export function readRegister(frame: Buffer): RegisterReading | undefined {
  const seen = glance(frame.toString("latin1"));
  const dn = seen && glanceUser(seen.to);
  const contact = seen?.contact === undefined ? undefined : glanceContact(seen.contact);
  if (seen?.method === "REGISTER" && dn !== undefined && contact !== undefined) {
    const { callId, cseq, credentials } = seen;
    const contacts = [{ uri: contact.uri, asked: contact.expires ?? seen.expires }];
    return { dn, callId, cseq, contacts, removesAll: false, credentials };
  }
  const { message } = parseFrame(frame);
  return message?.isRequest ? parsedRegister(message, frame) : undefined;
}

function parsedRegister(request: SipRequest, frame: Buffer): RegisterReading {
  const { contacts, expires } = request;
  const removesAll = contacts === "*";
  return {
    dn: userOf(request.to),
    callId: request.callId,
    cseq: request.cseq.number,
    contacts: removesAll
      ? []
      : contacts.map((contact) => ({ uri: contact.uri, asked: contact.expires ?? expires })),
    removesAll,
    // Asterisk may find them where the parser finds a fault.
    credentials: bringsCredentials(frame),
  };
}

/** Reads an answer. @returns undefined for any other message. @throws SipParseError */
export function readAnswer(frame: Buffer): AnswerReading | undefined {
  const seen = glance(frame.toString("latin1"));
  const dn = seen && glanceUser(seen.to);
  const bindings = seen && bindingsSeen(seen.contact);
  // Others bring what the glance doesn't read.
  if (seen?.startLine.startsWith("SIP/2.0 200") && dn !== undefined && bindings !== undefined) {
    return {
      status: 200,
      reason: seen.startLine.slice(12),
      dn,
      callId: seen.callId,
      cseq: seen.cseq,
      method: seen.method,
      bindings,
      expires: seen.expires,
      refusal: false,
    };
  }
  const { message } = parseFrame(frame);
  return message === undefined || message.isRequest ? undefined : parsedAnswer(message);
}

function bindingsSeen(contact: string | undefined): GlancedContact[] | undefined {
  if (contact === undefined) return [];
  const binding = glanceContact(contact);
  return binding && [binding];
}

function parsedAnswer(response: SipResponse): AnswerReading {
  const { status, reason, callId, cseq } = response;
  const isSuccess = status >= 200 && status < 300;
  return {
    status,
    reason,
    dn: userOf(response.to),
    callId,
    cseq: cseq.number,
    method: cseq.method,
    bindings: isSuccess ? listed(response) : [],
    expires: isSuccess ? response.expires : undefined,
    refusal: isRefusal(response),
  };
}

function listed(message: SipMessage): GlancedContact[] {
  const { contacts } = message;
  return contacts === "*" ? [] : contacts.map(({ uri, expires }) => ({ uri, expires }));
}

/** Of credentials. Asterisk calls a nonce stale only where the password was right (RFC 7616 3.3). */
function isRefusal(response: SipResponse): boolean {
  const { status } = response;
  if (status === 403 || status === 404) return true;
  if (status !== 401 && status !== 407) return false;
  const challenge = response.get(status === 401 ? "WWW-Authenticate" : "Proxy-Authenticate") ?? "";
  return !/\bstale\s*=\s*"?true/i.test(challenge);
}

/** The DN of an address; "" for what has none. @throws SipParseError */
export function userOf(address: NameAddr): string {
  const { parsedUri } = address;
  return parsedUri instanceof SipUri ? (parsedUri.decodedUser ?? "") : "";
}
