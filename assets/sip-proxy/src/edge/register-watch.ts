import {
  type NameAddr,
  parseFrame,
  SipParseError,
  type SipRequest,
  type SipResponse,
  SipUri,
} from "../../../../lib/sip";
import type { Log } from "../log";
import type { PhoneEvents, RegistrationReport, SocketId } from "./events";
import type { EdgeMeter } from "./meter";
import { bringsCredentials, Tries } from "./tries";

/** REGISTERs of one socket that may wait for their answers; what comes on top is left to the reconciliation. */
const MAX_PENDING = 8;

/** DNs that one socket may hold; the same. */
const MAX_DNS = 32;

/** Seconds of a contact for which neither side named any (RFC 3261 10.2.1.1 leaves it to the registrar). */
const DEFAULT_EXPIRES = 3600;

export interface WatchContext {
  readonly events: PhoneEvents;
  readonly log: Log;
  readonly meter: EdgeMeter;
  /** Milliseconds. */
  now(): number;
  /** Asterisk refused credentials that came from there. */
  guessed(address: string, dn: string): void;
}

/** A REGISTER that waits for Asterisk's answer. */
interface Pending {
  readonly callId: string;
  readonly cseq: number;
  readonly dn: string;
  readonly contacts: readonly { readonly uri: string; readonly asked: number | undefined }[];
  readonly removesAll: boolean;
  /** It keeps a registration that is there: nothing new for the log. */
  readonly routine: boolean;
  /** It answered a challenge, or tried to. */
  readonly credentials: boolean;
  /** When it came. */
  readonly at: number;
}

/** Reads the REGISTERs of one socket and Asterisk's answers to them, and tells what came of them. */
export class RegisterWatch {
  private pending: Pending[] | undefined;
  private held: string[] | undefined;
  private tries: Tries | undefined;
  /** Whether credentials that came on this socket were refused. */
  guessed = false;

  constructor(
    private readonly socket: SocketId,
    private readonly address: string,
    private readonly context: WatchContext,
  ) {}

  /** DNs that were registered on this socket. */
  get dns(): readonly string[] {
    return this.held ?? NOTHING;
  }

  /** A message from the phone. Other requests are searched for credentials, answers not even that. */
  fromPhone(frame: Buffer): void {
    const isRegister = startsWith(frame, REGISTER);
    if (!isRegister && (startsWith(frame, STATUS_LINE) || !bringsCredentials(frame))) return;
    try {
      const { message } = parseFrame(frame);
      // What is not sound Asterisk refuses; and if it doesn't, its list of contacts tells.
      if (!message?.isRequest) return;
      if (message.method === "REGISTER") this.request(message);
      else {
        this.tries ??= new Tries();
        this.tries.add(message, userOf(message.from));
      }
    } catch (error) {
      this.unreadable(error, "request from phone");
    }
  }

  /** A message from Asterisk. Nothing is read of it unless a REGISTER or credentials wait for their answer. */
  fromAsterisk(frame: Buffer): void {
    if ((this.pending === undefined && (this.tries?.empty ?? true)) || !startsWith(frame, STATUS_LINE))
      return;
    try {
      const { message } = parseFrame(frame);
      if (message === undefined || message.isRequest) return;
      if (message.status >= 200) this.response(message);
      const tried = this.tries?.answered(message);
      // 403 and 404 may be about whom the phone calls.
      if (tried !== undefined && isChallenge(message) && isRefusal(message)) this.refused(tried);
    } catch (error) {
      this.unreadable(error, "answer from Asterisk");
    }
  }

  /** The socket is gone, and with it what was registered on it. */
  closed(): void {
    this.pending = undefined;
    if (this.held === undefined) return;
    this.context.events.closed(this.socket, this.held);
    this.held = undefined;
  }

  private request(request: SipRequest): void {
    const dn = userOf(request.to);
    const { contacts } = request;
    const removesAll = contacts === "*";
    const expires = request.expires;
    const wanted = removesAll
      ? []
      : contacts.map((contact) => ({ uri: contact.uri, asked: contact.expires ?? expires }));
    const leaves = removesAll || (wanted.length > 0 && wanted.every(({ asked }) => asked === 0));
    const routine = !leaves && this.dns.includes(dn);
    const { callId, cseq } = request;
    const credentials = request.has("Authorization") || request.has("Proxy-Authorization");
    this.context.log[routine ? "debug" : "info"](
      { dn, socket: this.socket, address: this.address, cseq: cseq.number, credentials },
      leaves ? "un-REGISTER from phone" : "REGISTER from phone",
    );
    this.context.meter.register(leaves ? "unregister" : "register");
    this.pending ??= [];
    if (this.pending.length >= MAX_PENDING) this.pending.shift();
    const at = this.context.now();
    this.pending.push({
      callId,
      cseq: cseq.number,
      dn,
      contacts: wanted,
      removesAll,
      routine,
      credentials,
      at,
    });
  }

  private response(response: SipResponse): void {
    const { cseq } = response;
    if (cseq.method !== "REGISTER" || this.pending === undefined) return;
    const { callId } = response;
    const index = this.pending.findIndex((one) => one.cseq === cseq.number && one.callId === callId);
    const [pending] = index < 0 ? [] : this.pending.splice(index, 1);
    if (this.pending.length === 0) this.pending = undefined;
    if (pending === undefined) return;
    // Asterisk repeats the To that it understood: should it have read another DN than we did, it is the one to ask.
    const dn = userOf(response.to);
    const { status, reason } = response;
    const level = status >= 300 && status !== 401 ? "warn" : pending.routine ? "debug" : "info";
    this.context.log[level]({ dn, socket: this.socket, status, reason }, `${status} from Asterisk`);
    this.context.meter.answered(status);
    if (pending.credentials && isRefusal(response)) this.refused(pending.dn);
    if (status >= 300 || dn !== pending.dn) return;
    if (!DN.test(dn)) {
      this.context.log.debug({ dn, socket: this.socket }, "not a DN: not forwarded");
      return;
    }
    this.accepted(pending, response);
  }

  /** Credentials were. */
  private refused(dn: string): void {
    this.guessed = true;
    this.context.guessed(this.address, dn);
  }

  private accepted(pending: Pending, response: SipResponse): void {
    const { dn, callId } = pending;
    const listed = response.contacts;
    const bindings = listed === "*" ? [] : listed;
    const contacts = pending.contacts.map(({ uri, asked }) => ({
      uri,
      expires:
        asked === 0
          ? 0
          : (granted(bindings, uri, pending.contacts.length, response) ?? asked ?? DEFAULT_EXPIRES),
    }));
    const report: RegistrationReport = { dn, callId, contacts, left: bindings.length, askedAt: pending.at };
    // A REGISTER without Contact only asks (RFC 3261 10.2.3).
    if (contacts.length === 0 && !pending.removesAll) return;
    if (report.left === 0) this.held = this.held?.filter((other) => other !== dn);
    else if (!this.hold(dn)) return;
    this.context.events.accepted(this.socket, report);
  }

  /** Remembers that the DN goes when the socket goes. */
  private hold(dn: string): boolean {
    this.held ??= [];
    if (this.held.includes(dn)) return true;
    if (this.held.length >= MAX_DNS) {
      this.context.log.warn({ dn, socket: this.socket }, `more than ${MAX_DNS} DNs on one socket`);
      return false;
    }
    this.held.push(dn);
    return true;
  }

  private unreadable(error: unknown, what: string): void {
    if (!(error instanceof SipParseError)) throw error;
    this.context.log.debug({ socket: this.socket, fault: error.message }, `${what} can't be read`);
  }
}

/**
 * Seconds that a 200 grants to a contact (RFC 3261 10.2.4). Asterisk may list it under another URI (rewrite_contact):
 * a phone's only contact is then the only one that is listed.
 */
function granted(
  bindings: readonly NameAddr[],
  uri: string,
  sent: number,
  response: SipResponse,
): number | undefined {
  const own = bindings.find((binding) => binding.uri === uri);
  const only = bindings.length === 1 && sent === 1 ? bindings[0] : undefined;
  return (own ?? only)?.expires ?? response.expires;
}

function isChallenge({ status }: SipResponse): boolean {
  return status === 401 || status === 407;
}

/** Of credentials. Asterisk calls a nonce stale only where the password was right (RFC 7616 3.3). */
function isRefusal(response: SipResponse): boolean {
  const { status } = response;
  if (status === 403 || status === 404) return true;
  if (!isChallenge(response)) return false;
  const challenge = response.get(status === 401 ? "WWW-Authenticate" : "Proxy-Authenticate") ?? "";
  return !/\bstale\s*=\s*"?true/i.test(challenge);
}

function userOf(address: NameAddr): string {
  const { parsedUri } = address;
  return parsedUri instanceof SipUri ? (parsedUri.decodedUser ?? "") : "";
}

const NOTHING: readonly string[] = [];
const DN = /^[0-9]{1,20}$/;
const REGISTER = Buffer.from("REGISTER ");
const STATUS_LINE = Buffer.from("SIP/2.0 ");

/** RFC 3261 7.5: line breaks before the start line don't count. */
function startsWith(frame: Buffer, start: Buffer): boolean {
  let from = 0;
  while (frame[from] === 0x0d || frame[from] === 0x0a) from++;
  for (let index = 0; index < start.length; index++) if (frame[from + index] !== start[index]) return false;
  return true;
}
