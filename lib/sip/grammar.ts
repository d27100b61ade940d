/**
 * Lexical helpers of RFC 3261 25.1 over "binary" text (one char per byte). White space is SP and TAB only:
 * JavaScript's own trim() and \s take U+00A0 too, which here is a byte in the middle of UTF-8.
 */

const SP = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function charTable(chars: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const char of chars) table[char.charCodeAt(0)] = 1;
  return table;
}

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const TOKEN = charTable(`${ALPHANUMERIC}-.!%*_+\`'~`);
const HOST = charTable(`${ALPHANUMERIC}-._`);
const HEX = charTable("0123456789ABCDEFabcdef");

function all(table: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (table[text.charCodeAt(i)] !== 1) return false;
  return text.length > 0;
}

export function isToken(text: string): boolean {
  return all(TOKEN, text);
}

/** Host names and IPv4 addresses; underscores are let through because sites use them. */
export function isHostName(text: string): boolean {
  return all(HOST, text);
}

export function isHex(text: string): boolean {
  return all(HEX, text);
}

/** Strip SP, TAB, CR and LF at both ends. */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SP || code === TAB || code === CR || code === LF;
}

/** Header field text with foldings turned into single spaces (RFC 3261 7.3.1), trimmed. */
export function unfold(text: string): string {
  const trimmed = trim(text);
  return trimmed.includes("\r") ? trimmed.replace(/[ \t]*\r\n[ \t]+/g, " ") : trimmed;
}

/** 1*DIGIT up to `max`; undefined for anything else. */
export function parseUint(text: string, max: number): number | undefined {
  if (text.length === 0) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (value > max) return undefined;
  }
  return value;
}

/** Index of the quote that closes the one at `open`, or -1. */
export function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i;
  }
  return -1;
}

/** First index of `char` from `start` on, outside quoted strings and angle brackets; -1 when there is none. */
export function indexOutside(text: string, char: string, start = 0): number {
  const wanted = char.charCodeAt(0);
  let inAngle = false;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inAngle) {
      if (code === 0x3e) inAngle = false;
    } else if (code === wanted) {
      return i;
    } else if (code === QUOTE) {
      const close = closingQuote(text, i);
      if (close < 0) return -1;
      i = close;
    } else if (code === 0x3c) {
      inAngle = true;
    }
  }
  return -1;
}

/** Split a comma list, minding quoted strings and angle brackets. Items are trimmed, and may be empty. */
export function splitList(text: string): string[] {
  if (!text.includes(",")) return [text];
  const items: string[] = [];
  let start = 0;
  for (;;) {
    const comma = indexOutside(text, ",", start);
    if (comma < 0) break;
    items.push(trim(text.slice(start, comma)));
    start = comma + 1;
  }
  items.push(trim(text.slice(start)));
  return items;
}

/** Contents of a quoted string with quoted-pairs undone; other text as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== QUOTE) return text;
  const inner = text.slice(1, -1);
  return inner.includes("\\") ? inner.replace(/\\([\s\S])/g, "$1") : inner;
}

export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** "%41" to "A"; malformed escapes stay. The result is binary text. */
export function unescapeUri(text: string): string {
  return text.includes("%")
    ? text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
}

/** True when every "%" starts an escape of two hex digits. */
export function escapesAreSound(text: string): boolean {
  for (let i = text.indexOf("%"); i >= 0; i = text.indexOf("%", i + 1)) {
    if (!isHex(text.slice(i + 1, i + 3)) || i + 3 > text.length) return false;
  }
  return true;
}

/** Unicode text as binary: its UTF-8 bytes, one char each. */
export function encodeText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Unicode text of a binary header value; bytes that are no UTF-8 become U+FFFD. */
export function decodeText(value: string): string {
  return Buffer.from(value, "latin1").toString("utf8");
}

/** Binary text of a value to be sent: UTF-8 where a char is above U+00FF, else unchanged. */
export function toBinary(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return encodeText(text);
  return text;
}
