import {
  glance,
  glanceContact,
  grantedExpiry,
  parseDatagram,
  SipParseError,
  type SipResponse,
} from "../../../../lib/sip";

/** A response of Genesys to a request of ours, read as far as it is needed. */
export class Answer {
  private constructor(
    readonly status: number,
    readonly reason: string,
    /** Of our own Via, which stands on top (RFC 3261 17.1.3). */
    readonly branch: string,
    private readonly bytes: Buffer,
    /** Its only Contact; undefined: it has to be looked for in the message. */
    private readonly contact: string | undefined,
    /** Seconds of its Expires header, with `contact`. */
    private readonly expires: number | undefined,
    private parsed: SipResponse | undefined,
  ) {}

  /** Undefined for what is no response, or not a sound one. Any but 200 is read as a whole. */
  static read(bytes: Buffer): Answer | undefined {
    const seen = glance(bytes.toString("latin1"));
    const branch = seen?.via && branchIn(seen.via);
    if (!seen?.startLine.startsWith("SIP/2.0 200 ") || !branch) return Answer.parse(bytes);
    return new Answer(200, seen.startLine.slice(12), branch, bytes, seen.contact, seen.expires, undefined);
  }

  private static parse(bytes: Buffer): Answer | undefined {
    const { message, fault } = parseDatagram(bytes);
    if (fault !== undefined || message.isRequest) return undefined;
    try {
      const { status, reason, via } = message;
      return new Answer(status, reason, via.branch ?? "", bytes, undefined, undefined, message);
    } catch (error) {
      if (error instanceof SipParseError) return undefined;
      throw error;
    }
  }

  /** All of it. @throws SipParseError for a 200 that only looked sound */
  get message(): SipResponse {
    if (this.parsed !== undefined) return this.parsed;
    const { message, fault } = parseDatagram(this.bytes);
    if (fault !== undefined) throw fault;
    this.parsed = message as SipResponse;
    return this.parsed;
  }

  /** Whether it lists bindings. */
  get listsBindings(): boolean {
    return this.parsed?.has("Contact") ?? this.contact !== undefined;
  }

  /** Seconds that a 200 grants to a contact: its own `expires`, the Expires header, or what was asked for. */
  granted(contact: string, asked: number): number {
    const own = this.contact === undefined ? undefined : glanceContact(this.contact);
    if (own?.uri === contact) return own.expires ?? this.expires ?? asked;
    return grantedExpiry(this.message, contact, asked);
  }
}

/** Undefined where it is not written as we wrote it. */
function branchIn(via: string): string | undefined {
  const start = via.indexOf(";branch=") + 8;
  if (start < 8) return undefined;
  let end = start;
  while (end < via.length && isAlphanumeric(via.charCodeAt(end))) end++;
  const next = via.charCodeAt(end);
  return end === via.length || next === SEMICOLON || next === COMMA ? via.slice(start, end) : undefined;
}

const SEMICOLON = 0x3b;
const COMMA = 0x2c;

function isAlphanumeric(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
