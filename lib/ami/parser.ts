import { AmiError } from "./errors";
import { type AmiHeader, AmiMessage } from "./message";

/** Bounds on what a peer may send; a peer that passes one is cut off. */
export interface AmiLimits {
  /** Bytes of a line. */
  readonly line: number;
  /** Headers of a message. */
  readonly headers: number;
  /** Bytes of a message. */
  readonly message: number;
}

/** Asterisk's largest messages are `ListCommands` (100 to 200 headers) and the output of a CLI command. */
export const defaultLimits: AmiLimits = { line: 16_384, headers: 2_000, message: 262_144 };

export interface AmiParserHandler {
  /** The first line was read; `version` is AMI's, e.g. `11.0.0`. */
  greeting(version: string): void;
  message(message: AmiMessage): void;
}

const greetingPattern = /^Asterisk Call Manager\/(\S+)$/;

/**
 * Reads what Asterisk writes on an AMI connection, in pieces of any size. Knows no socket.
 *
 * Lines end in CRLF (a bare LF is taken too), a message ends in an empty line, names are separated from
 * values by the first colon. Bytes are decoded as UTF-8 when their line is whole, so a character that comes
 * in two pieces stays one.
 */
export class AmiParser {
  #state: "greeting" | "headers" | "failed" = "greeting";
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #headers: AmiHeader[] = [];
  #messageBytes = 0;

  constructor(
    private readonly handler: AmiParserHandler,
    private readonly limits: AmiLimits = defaultLimits,
  ) {}

  /**
   * Takes the next bytes and calls the handler for each message that they complete.
   * @throws AmiError AMI_PROTOCOL when the peer does not speak AMI or passes a limit; the parser takes nothing after
   */
  push(chunk: Buffer): void {
    let from = 0;
    while (this.#state !== "failed") {
      const lineFeed = chunk.indexOf(0x0a, from);
      if (lineFeed === -1) {
        this.#keep(chunk.subarray(from));
        return;
      }
      this.#keep(chunk.subarray(from, lineFeed));
      from = lineFeed + 1;
      this.#line(this.#takeLine());
    }
  }

  /** Drops what is unread and calls the handler no more. */
  close(): void {
    this.#state = "failed";
    this.#partial = [];
    this.#headers = [];
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#partialBytes += piece.length;
    if (this.#partialBytes > this.limits.line) this.#fail(AmiError.limit("line in bytes", this.limits.line));
    this.#partial.push(piece);
  }

  #takeLine(): string {
    const bytes = this.#partial.length === 1 ? (this.#partial[0] as Buffer) : Buffer.concat(this.#partial);
    this.#messageBytes += bytes.length + 1;
    this.#partial = [];
    this.#partialBytes = 0;
    const text = bytes.toString("utf8");
    return text.endsWith("\r") ? text.slice(0, -1) : text;
  }

  #line(line: string): void {
    if (this.#state === "greeting") {
      const version = greetingPattern.exec(line)?.[1];
      if (version === undefined) this.#fail(AmiError.notAmi(line));
      this.#state = "headers";
      this.#messageBytes = 0;
      this.handler.greeting(version as string);
    } else if (line === "") {
      this.#endMessage();
    } else {
      this.#header(line);
    }
  }

  #header(line: string): void {
    if (this.#messageBytes > this.limits.message) {
      this.#fail(AmiError.limit("message in bytes", this.limits.message));
    }
    const colon = line.indexOf(":");
    // Some values (a failed parse in Asterisk, old CLI output) spill over into lines that are no headers.
    if (colon <= 0) return;
    if (this.#headers.length === this.limits.headers) {
      this.#fail(AmiError.limit("message in headers", this.limits.headers));
    }
    const value = line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    this.#headers.push([line.slice(0, colon), value]);
  }

  #endMessage(): void {
    const headers = this.#headers;
    this.#headers = [];
    this.#messageBytes = 0;
    // Asterisk ends the refusal of an empty list with two empty lines.
    if (headers.length > 0) this.handler.message(new AmiMessage(headers));
  }

  #fail(error: AmiError): never {
    this.close();
    throw error;
  }
}
