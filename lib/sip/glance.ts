const SPACE = 0x20;
const COLON = 0x3a;
const LOWER_CASE = 0x20;
const MAX_SECONDS = 0xffff_ffff;
/** RFC 3261 8.1.1.5: below 2^31. */
const MAX_CSEQ = 0x7fff_ffff;

/**
 * What those who only pass a registration on read of its messages: cut out of the text, at a tenth of what parsing
 * costs. Values are as they stand in their rows.
 */
export interface Glance {
  readonly startLine: string;
  /** Of the first row. */
  readonly via: string | undefined;
  readonly to: string;
  readonly callId: string;
  /** Number and method of the CSeq. */
  readonly cseq: number;
  readonly method: string;
  readonly contact: string | undefined;
  /** Seconds. */
  readonly expires: number | undefined;
  /** Whether there is an Authorization or Proxy-Authorization. */
  readonly credentials: boolean;
}

/**
 * Reads a message whose head is written as nearly everybody writes it: full names in their usual letters, one space
 * after the colon, nothing folded, at most one Contact row. Undefined for any other, and for one that lacks To,
 * Call-ID or CSeq: those have to be parsed, which also finds their faults. A name in unusual letters is never
 * overlooked, or else a REGISTER could hide what is in it.
 * @param text binary: one char per byte
 */
export function glance(text: string): Glance | undefined {
  let via: string | undefined;
  let to: string | undefined;
  let callId: string | undefined;
  let cseq: number | undefined;
  let method = "";
  let contact: string | undefined;
  let expires: number | undefined;
  let credentials = false;
  const startLineEnd = text.indexOf("\r");
  if (startLineEnd < 1 || text.indexOf("\n") !== startLineEnd + 1) return undefined;
  for (let start = startLineEnd + 2, end = 0; ; start = end + 2) {
    end = text.indexOf("\r", start);
    // Peers disagree about a CR or LF on its own: to some of them a row ends there.
    if (end < 0 || text.indexOf("\n", start) !== end + 1) return undefined;
    if (end === start) break;
    const first = text.charCodeAt(start);
    const second = text.charCodeAt(start + 1);
    // A folded row, a name in small letters, a compact form, white space at the end.
    if (first < 0x41 || first > 0x5a || second === COLON || second <= SPACE) return undefined;
    if (text.charCodeAt(end - 1) <= SPACE && text.charCodeAt(end - 2) !== COLON) return undefined;
    // By two letters, whatever their case, it is clear which names a row can't have.
    switch ((first << 8) | second | LOWER_CASE) {
      case VI:
        if (!text.startsWith("Via: ", start)) return undefined;
        via ??= text.slice(start + 5, end);
        break;
      case TO:
        if (to !== undefined || !text.startsWith("To: ", start)) return undefined;
        to = text.slice(start + 4, end);
        break;
      case CA:
        if (text.startsWith("Call-Info: ", start)) break;
        if (callId !== undefined || !text.startsWith("Call-ID: ", start)) return undefined;
        callId = text.slice(start + 9, end);
        break;
      case CS:
        if (cseq !== undefined || !text.startsWith("CSeq: ", start)) return undefined;
        method = text.slice(text.indexOf(" ", start + 6) + 1, end);
        cseq = uintAt(text, start + 6, end - method.length - 1, MAX_CSEQ);
        if (cseq === undefined || !(method.charCodeAt(0) > SPACE)) return undefined;
        break;
      case CO:
        if (text.startsWith("Content-", start)) break;
        if (contact !== undefined || !text.startsWith("Contact: ", start)) return undefined;
        contact = text.slice(start + 9, end);
        break;
      case EX:
        if (expires !== undefined || !text.startsWith("Expires: ", start)) return undefined;
        expires = uintAt(text, start + 9, end, MAX_SECONDS);
        if (expires === undefined) return undefined;
        break;
      case AU:
        if (!text.startsWith("Authorization: ", start)) return undefined;
        credentials = true;
        break;
      case PR:
        if (!text.startsWith("Proxy-Authorization: ", start)) return undefined;
        credentials = true;
    }
  }
  if (to === undefined || callId === undefined || cseq === undefined) return undefined;
  // NaN, for an empty one, is not above it either.
  if (!(callId.charCodeAt(0) > SPACE)) return undefined;
  const startLine = text.slice(0, startLineEnd);
  return { startLine, via, to, callId, cseq, method, contact, expires, credentials };
}

/** The user of `<sip:user@host>` with parameters or without; undefined for whatever is written in another way. */
export function glanceUser(address: string): string | undefined {
  if (!address.startsWith("<sip:")) return undefined;
  let end = 5;
  for (; end < address.length; end++) {
    const code = address.charCodeAt(end);
    const plain =
      (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
    if (!plain) break;
  }
  const close = address.indexOf(">", end);
  const sound = address.charCodeAt(end) === AT && close > 0 && address.indexOf("@", end + 1) < 0;
  return sound ? address.slice(5, end) : undefined;
}

/** A Contact as `glanceContact` reads it. */
export interface GlancedContact {
  readonly uri: string;
  /** Seconds; undefined when the Contact says nothing of it. */
  readonly expires: number | undefined;
}

/** The only address of a Contact row, in angle brackets; undefined for whatever is written in another way. */
export function glanceContact(value: string): GlancedContact | undefined {
  const close = value.indexOf(">");
  if (value.charCodeAt(0) !== OPEN || close < 2 || value.includes(",")) return undefined;
  if (value.includes("\\")) return undefined;
  let expires: number | undefined;
  for (let i = close + 1; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === QUOTE) {
      i = value.indexOf('"', i + 1);
      if (i < 0) return undefined;
    } else if (code === SEMICOLON) {
      const first = value.charCodeAt(i + 1);
      if (first <= SPACE) return undefined;
      // Which other parameters begin like it is no matter.
      if (((first << 8) | value.charCodeAt(i + 2) | BOTH_LOWER_CASE) !== ex) continue;
      const end = value.indexOf(";", i + 1);
      if (expires !== undefined || !value.startsWith("expires=", i + 1)) return undefined;
      expires = uintAt(value, i + 9, end < 0 ? value.length : end, MAX_SECONDS);
      if (expires === undefined) return undefined;
    }
  }
  return { uri: value.slice(1, close), expires };
}

const AT = 0x40;
const OPEN = 0x3c;
const QUOTE = 0x22;
const SEMICOLON = 0x3b;
const BOTH_LOWER_CASE = 0x2020;

function letters(two: string): number {
  return (two.charCodeAt(0) << 8) | two.charCodeAt(1);
}
const VI = letters("Vi");
const TO = letters("To");
const CA = letters("Ca");
const CS = letters("Cs");
const CO = letters("Co");
const EX = letters("Ex");
const ex = letters("ex");
const AU = letters("Au");
const PR = letters("Pr");

/** 1*DIGIT up to `max`; undefined for anything else. */
function uintAt(text: string, start: number, end: number, max: number): number | undefined {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (value > max) return undefined;
  }
  return end > start ? value : undefined;
}
