import { SipParseError } from "./errors";
import { defaultLimits, type Limits } from "./limits";
import { type Parsed, parseDatagram } from "./parser";

export type StreamItem =
  /** `fatal`: where the next message starts is unknown; the connection has to be closed. */
  { readonly kind: "message"; readonly parsed: Parsed; readonly fatal: boolean } | { readonly kind: "ping" };

const HEAD_END = Buffer.from("\r\n\r\n");
const CR = 0x0d;
const LF = 0x0a;

/** Content-Length of a head, compact and spaced-out forms too; a row starts after CRLF. */
const CONTENT_LENGTH = /\r\n(?:content-length|l)[ \t]*:[ \t\r\n]*(\d{1,10})[ \t]*(?=\r\n)/i;

/**
 * Incremental parser for stream transports (RFC 3261 18.3, RFC 5626 4.4.1). Holds no socket: feed chunks, take
 * what is complete. Memory is bounded by `limits.message`. After a fatal item it swallows everything.
 */
export class StreamParser {
  private buffered: Buffer = Buffer.alloc(0);
  /** Where to look for the end of the head next: what lies before has been searched. */
  private searched = 0;
  /** Size of the message under way once its head is complete. */
  private wanted: number | undefined;
  private dead = false;

  constructor(private readonly limits: Limits = defaultLimits) {}

  /** Bytes held back for a message that is not complete. */
  get pending(): number {
    return this.buffered.length;
  }

  push(chunk: Buffer): StreamItem[] {
    if (this.dead) return [];
    this.buffered = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    const items: StreamItem[] = [];
    for (;;) {
      const item = this.next();
      if (item === undefined) break;
      items.push(item);
      if (item.kind === "message" && item.fatal) {
        this.dead = true;
        this.buffered = Buffer.alloc(0);
        break;
      }
    }
    return items;
  }

  private next(): StreamItem | undefined {
    if (this.wanted === undefined) {
      const keepAlive = this.skipLineBreaks();
      if (keepAlive !== undefined) return keepAlive;
      const outcome = this.readHead();
      if (outcome !== undefined) return outcome;
    }
    if (this.wanted === undefined || this.buffered.length < this.wanted) return undefined;
    const bytes = this.take(this.wanted);
    this.wanted = undefined;
    const parsed = parseDatagram(bytes, this.limits);
    // Two readings of the length are two readings of what follows.
    return { kind: "message", parsed, fatal: parsed.fault?.code.startsWith("content-length") ?? false };
  }

  /** Line breaks between messages: CRLF CRLF is a ping, a single CRLF is somebody's pong (RFC 5626 4.4.1). */
  private skipLineBreaks(): StreamItem | undefined {
    const { buffered } = this;
    if (buffered[0] !== CR || buffered[1] !== LF) return undefined;
    if (buffered[2] === CR && buffered[3] === LF) {
      this.take(4);
      return { kind: "ping" };
    }
    // Half a ping waits for its other half; before anything else the CRLF is skipped.
    const undecided = buffered.length < 4 && (buffered.length === 2 || buffered[2] === CR);
    if (!undecided) this.take(2);
    return undefined;
  }

  /** Sets `wanted` when the head is complete; returns an item only for a fault that ends the stream. */
  private readHead(): StreamItem | undefined {
    const { buffered, limits } = this;
    const blank = buffered.indexOf(HEAD_END, this.searched);
    if (blank < 0) {
      this.searched = Math.max(0, buffered.length - HEAD_END.length + 1);
      return buffered.length > limits.message
        ? fatal("message-too-large", "headers", `more than ${limits.message} bytes`, 513)
        : undefined;
    }
    const headSize = blank + HEAD_END.length;
    const head = buffered.toString("latin1", 0, blank + 2);
    const length = CONTENT_LENGTH.exec(head)?.[1];
    if (length === undefined) {
      // Over a stream the end of the body is unknown without it (18.3, 20.14): the message can only be answered.
      const parsed = parseDatagram(buffered.subarray(0, headSize), limits);
      const fault =
        parsed.fault ?? new SipParseError("content-length-missing", "Content-Length", "needed over a stream");
      return { kind: "message", parsed: { message: parsed.message, fault }, fatal: true };
    }
    if (headSize + Number(length) > limits.message) {
      const { message } = parseDatagram(buffered.subarray(0, headSize), limits);
      const detail = `${headSize + Number(length)} bytes`;
      const fault = new SipParseError("message-too-large", "message", detail, 513);
      return { kind: "message", parsed: { message, fault }, fatal: true };
    }
    this.wanted = headSize + Number(length);
    return undefined;
  }

  private take(size: number): Buffer {
    const taken = this.buffered.subarray(0, size);
    this.buffered = this.buffered.subarray(size);
    this.searched = 0;
    return taken;
  }
}

function fatal(code: "message-too-large", place: string, detail: string, status: number): StreamItem {
  return { kind: "message", parsed: { fault: new SipParseError(code, place, detail, status) }, fatal: true };
}
