import { type ParseErrorCode, SipParseError } from "./errors";
import { isToken, parseUint } from "./grammar";
import { headerKey, knownHeaderKey } from "./header-names";
import { defaultLimits, type Limits } from "./limits";
import { type Message, SipRequest, SipResponse } from "./message";
import { HeaderRow } from "./message/header-row";

/**
 * What came out of a frame. A fault may carry the message as far as it could be read, so that a request can be
 * answered with `fault.status`. Only framing and the form of lines are judged here; header values are parsed when
 * they are asked for (`checkMandatory`, `inspectForProxy`, getters).
 */
export type Parsed =
  | { readonly message: Message; readonly fault?: undefined }
  | { readonly message?: Message | undefined; readonly fault: SipParseError };

/** How the end of the body is known: a datagram, a WebSocket message, or exactly what a stream parser cut out. */
type Framing = "datagram" | "frame";

const HEAD_END = Buffer.from("\r\n\r\n");
const NO_BODY = Buffer.alloc(0);

/** One UDP datagram (RFC 3261 18.3): bytes beyond Content-Length are dropped, fewer are a fault. */
export function parseDatagram(bytes: Buffer, limits: Limits = defaultLimits): Parsed {
  return parse(bytes, "datagram", limits);
}

/**
 * One WebSocket message (RFC 7118 5): exactly one SIP message, Content-Length may be missing; where it is there it
 * must fit.
 */
export function parseFrame(bytes: Buffer, limits: Limits = defaultLimits): Parsed {
  return parse(bytes, "frame", limits);
}

/** parseDatagram that throws the fault. Text is taken as binary. */
export function parseMessage(bytes: Buffer | string, limits: Limits = defaultLimits): Message {
  const parsed = parseDatagram(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, limits);
  if (parsed.fault !== undefined) throw parsed.fault;
  return parsed.message;
}

/** CR LF only: "\r\n\r\n" is a ping to be answered with "\r\n", which is the pong (RFC 5626 3.5.1). */
export function keepAlive(bytes: Buffer): "ping" | "pong" | undefined {
  if (bytes.length === 4 && bytes.equals(HEAD_END)) return "ping";
  return bytes.length === 2 && bytes[0] === 0x0d && bytes[1] === 0x0a ? "pong" : undefined;
}

function parse(bytes: Buffer, framing: Framing, limits: Limits): Parsed {
  if (bytes.length > limits.message) {
    return { fault: new SipParseError("message-too-large", "message", `${bytes.length} bytes`, 513) };
  }
  let start = 0;
  while (bytes[start] === 0x0d && bytes[start + 1] === 0x0a) start += 2; // 7.5: ignore CRLF before the start line
  if (start === bytes.length) return { fault: fault("empty-message", "message", "nothing but line breaks") };
  const blank = bytes.indexOf(HEAD_END, start);
  const headEnd = blank < 0 ? bytes.length : blank + 2;
  const head = new HeadParser(bytes.toString("latin1", start, headEnd), limits);
  if (blank < 0) head.note(fault("head-not-terminated", "message", "no empty line after the headers"));
  const bodyStart = blank < 0 ? bytes.length : blank + HEAD_END.length;
  const end = head.endOfBody(bodyStart, bytes.length, framing);
  const body = end === bodyStart ? NO_BODY : bytes.subarray(bodyStart, end);
  const message = head.message(body, bytes.subarray(start, end));
  if (head.fault === undefined && message !== undefined) return { message };
  return {
    message,
    fault: head.fault ?? fault("start-line-malformed", "start line", "neither request nor response"),
  };
}

const STATUS_LINE = /^SIP\/(\d+\.\d+) (\d{3})(?: (.*))?$/is;
const VERSION = /^SIP\/\d+\.\d+$/i;

/** Start line and header rows of one message. Goes on after a fault: an answer needs the rows that are sound. */
class HeadParser {
  /** The first fault found. */
  fault: SipParseError | undefined;
  private readonly rows: HeaderRow[] = [];
  private readonly firstLine: string;

  constructor(
    private readonly text: string,
    private readonly limits: Limits,
  ) {
    const end = text.indexOf("\r\n");
    this.firstLine = end < 0 ? text : text.slice(0, end);
    if (/[\r\n]/.test(this.firstLine)) this.note(lineBreak("start line"));
    this.readRows(end < 0 ? text.length : end + 2);
  }

  note(fault: SipParseError): void {
    this.fault ??= fault;
  }

  /** The message with what could be read; undefined when it is not even clear what it is. */
  message(body: Buffer, source: Buffer): Message | undefined {
    const parts = { rows: this.rows, body, source };
    if (/^SIP\//i.test(this.firstLine)) {
      const match = STATUS_LINE.exec(this.firstLine);
      const status = Number(match?.[2] ?? 0);
      if (match === null || status < 100 || status > 699) {
        this.note(fault("status-out-of-range", "status line", JSON.stringify(this.firstLine.slice(0, 60))));
        return undefined;
      }
      if (match[1] !== "2.0") this.note(fault("version-unsupported", "status line", `SIP/${match[1]}`, 505));
      return new SipResponse(status, match[3] ?? "", parts);
    }
    const parsed = this.requestLine();
    return parsed === undefined ? undefined : new SipRequest(parsed.method, parsed.uri, parts);
  }

  private requestLine(): { method: string; uri: string } | undefined {
    const pieces = this.firstLine.split(" ");
    const [method = "", uri = "", version = ""] = pieces;
    if (!isToken(method)) {
      this.note(fault("start-line-malformed", "request line", "no method"));
      return undefined;
    }
    if (pieces.length !== 3 || uri === "" || !VERSION.test(version) || uri.includes("\t")) {
      this.note(fault("start-line-malformed", "request line", "not METHOD SP URI SP SIP/2.0"));
    } else if (version.slice(4) !== "2.0") {
      this.note(fault("version-unsupported", "request line", version, 505));
    } else if (uri.length > this.limits.uri) {
      this.note(fault("uri-too-long", "Request-URI", `${uri.length} bytes`, 414));
    }
    return { method, uri };
  }

  private readRows(start: number): void {
    const { text, limits } = this;
    let pos = start;
    // Rows that are no headers count too: each costs as much.
    for (let count = 0; pos < text.length; count++) {
      let end = text.indexOf("\r\n", pos);
      while (end >= 0 && isFoldStart(text, end + 2)) end = text.indexOf("\r\n", end + 2);
      if (end < 0) end = text.length;
      if (count >= limits.headers) {
        this.note(fault("too-many-headers", "headers", `more than ${limits.headers}`));
        return;
      }
      if (end - pos > limits.headerLine) {
        this.note(fault("header-line-too-long", text.slice(pos, pos + 20), `${end - pos} bytes`));
      } else {
        this.readRow(pos, end);
      }
      pos = end + 2;
    }
  }

  private readRow(start: number, end: number): void {
    const raw = this.text.slice(start, end);
    const colon = raw.indexOf(":");
    const name = colon < 0 ? "" : raw.slice(0, colon);
    let key = knownHeaderKey(name);
    if (key === undefined) {
      const trimmed = name.replace(/[ \t]+$/, "");
      if (!isToken(trimmed)) {
        this.note(fault("header-malformed", JSON.stringify(raw.slice(0, 20)), "no header name and colon"));
        return;
      }
      key = headerKey(trimmed);
    }
    if (hasBareLineBreak(raw)) this.note(lineBreak(name));
    else this.rows.push(new HeaderRow(key, raw, colon));
  }

  /** Where the body ends by Content-Length and framing; notes what is wrong with it. */
  endOfBody(start: number, end: number, framing: Framing): number {
    let length: number | undefined;
    for (const row of this.rows) {
      if (row.key !== "content-length") continue;
      const value = parseUint(row.value, 0xffff_ffff);
      if (value === undefined) {
        this.note(
          fault("content-length-malformed", "Content-Length", JSON.stringify(row.value.slice(0, 20))),
        );
        return end;
      }
      if (length !== undefined && length !== value) {
        this.note(fault("content-length-conflict", "Content-Length", `${length} and ${value}`));
        return end;
      }
      length = value;
    }
    if (length === undefined) return end;
    if (start + length > end) {
      this.note(fault("body-truncated", "body", `${end - start} bytes where Content-Length says ${length}`));
      return end;
    }
    if (framing === "frame" && start + length < end) {
      this.note(
        fault("content-length-conflict", "body", `${end - start} bytes where Content-Length says ${length}`),
      );
    }
    return start + length;
  }
}

function isFoldStart(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === 0x20 || code === 0x09;
}

/** A CR or LF that is not part of a folding: peers disagree about where the row ends, so nobody may guess. */
function hasBareLineBreak(raw: string): boolean {
  if (!raw.includes("\r") && !raw.includes("\n")) return false;
  return /[\r\n]/.test(raw.replace(/\r\n(?=[ \t])/g, ""));
}

function lineBreak(place: string): SipParseError {
  return fault("header-malformed", place, "a CR or LF that does not end a line");
}

function fault(code: ParseErrorCode, place: string, detail: string, status?: number): SipParseError {
  return new SipParseError(code, place, detail, status);
}
