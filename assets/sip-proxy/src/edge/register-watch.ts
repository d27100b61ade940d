import { parseFrame, SipParseError } from "../../../../lib/sip";
import type { Log } from "../log";
import type { PhoneEvents, RegistrationReport, SocketId } from "./events";
import type { EdgeMeter } from "./meter";
import {
  type AnswerReading,
  type RegisterReading,
  readAnswer,
  readRegister,
  userOf,
} from "./register-reading";
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
  readonly register: RegisterReading;
  /** It keeps a registration that is there: nothing new for the log. */
  readonly routine: boolean;
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
      // What is not sound Asterisk refuses; and if it doesn't, its list of contacts tells.
      if (isRegister) {
        const register = readRegister(frame);
        if (register !== undefined) this.request(register);
        return;
      }
      const { message } = parseFrame(frame);
      if (!message?.isRequest) return;
      this.tries ??= new Tries();
      this.tries.add(message, userOf(message.from));
    } catch (error) {
      this.unreadable(error, "request from phone");
    }
  }

  /** A message from Asterisk. Nothing is read of it unless a REGISTER or credentials wait for their answer. */
  fromAsterisk(frame: Buffer): void {
    if ((this.pending === undefined && (this.tries?.empty ?? true)) || !startsWith(frame, STATUS_LINE))
      return;
    try {
      const answer = readAnswer(frame);
      if (answer === undefined) return;
      if (answer.status >= 200) this.answer(answer);
      const tried = this.tries?.answered(answer);
      // 403 and 404 may be about whom the phone calls.
      const challenged = answer.status === 401 || answer.status === 407;
      if (tried !== undefined && challenged && answer.refusal) this.refused(tried);
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

  private request(register: RegisterReading): void {
    const { dn, contacts, removesAll, cseq, credentials } = register;
    const leaves = removesAll || (contacts.length > 0 && contacts.every(({ asked }) => asked === 0));
    const routine = !leaves && this.dns.includes(dn);
    this.context.log[routine ? "debug" : "info"](
      { dn, socket: this.socket, address: this.address, cseq, credentials },
      leaves ? "un-REGISTER from phone" : "REGISTER from phone",
    );
    this.context.meter.register(leaves ? "unregister" : "register");
    this.pending ??= [];
    if (this.pending.length >= MAX_PENDING) this.pending.shift();
    this.pending.push({ register, routine, at: this.context.now() });
  }

  private answer(answer: AnswerReading): void {
    const pending = answer.method === "REGISTER" ? this.take(answer) : undefined;
    if (pending === undefined) return;
    const { register, routine } = pending;
    // Asterisk repeats the To that it understood: should it have read another DN than we did, it is the one to ask.
    const { dn, status, reason } = answer;
    this.context.meter.answered(status);
    if (register.credentials && answer.refusal) this.refused(register.dn);
    const told = status < 300 && dn === register.dn && this.accepted(pending, answer);
    const level = status >= 300 && status !== 401 ? "warn" : routine || told ? "debug" : "info";
    this.context.log[level]({ dn, socket: this.socket, status, reason }, `${status} from Asterisk`);
  }

  /** The REGISTER that it answers, which doesn't wait any more. */
  private take({ callId, cseq }: AnswerReading): Pending | undefined {
    const { pending } = this;
    if (pending === undefined) return undefined;
    const index = pending.findIndex(({ register }) => register.cseq === cseq && register.callId === callId);
    if (index < 0) return undefined;
    if (pending.length > 1) return pending.splice(index, 1)[0];
    this.pending = undefined;
    return pending[0];
  }

  /** Credentials were. */
  private refused(dn: string): void {
    this.guessed = true;
    this.context.guessed(this.address, dn);
  }

  /** @returns whether the log has told of it */
  private accepted({ register, at }: Pending, answer: AnswerReading): boolean {
    const { dn, callId, removesAll } = register;
    if (!DN.test(dn)) {
      this.context.log.debug({ dn, socket: this.socket }, "not a DN: not forwarded");
      return false;
    }
    const sent = register.contacts.length;
    const contacts = register.contacts.map(({ uri, asked }) => ({
      uri,
      expires: asked === 0 ? 0 : (granted(answer, uri, sent) ?? asked ?? DEFAULT_EXPIRES),
    }));
    const report: RegistrationReport = { dn, callId, contacts, left: answer.bindings.length, askedAt: at };
    // A REGISTER without Contact only asks (RFC 3261 10.2.3).
    if (sent === 0 && !removesAll) return false;
    if (report.left === 0) this.held = this.held?.filter((other) => other !== dn);
    else if (!this.hold(dn)) return false;
    return this.context.events.accepted(this.socket, report);
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
function granted(answer: AnswerReading, uri: string, sent: number): number | undefined {
  const { bindings } = answer;
  const own = bindings.find((binding) => binding.uri === uri);
  const only = bindings.length === 1 && sent === 1 ? bindings[0] : undefined;
  return (own ?? only)?.expires ?? answer.expires;
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
