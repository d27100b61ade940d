import { SipParseError } from "../errors";
import { isToken, parseUint, splitList, toBinary } from "../grammar";
import { headerKey, isListHeader } from "../header-names";
import { NameAddr } from "../headers/name-addr";
import { Via } from "../headers/via";
import { type HeaderInit, HeaderRow, type HeaderValue } from "./header-row";

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

const CSEQ = /^(\d+)[ \t]+([^ \t]+)$/;

/** RFC 3261 8.1.1.5: below 2^31. */
const MAX_CSEQ = 0x7fff_ffff;
const MAX_SECONDS = 0xffff_ffff;

/** What a parsed or newly made message consists of. */
export interface MessageParts {
  readonly rows: HeaderRow[];
  readonly body: Buffer;
  /** The bytes received; rendered as long as nothing is changed. */
  readonly source?: Buffer | undefined;
}

/**
 * Header rows and a body. Rows that nobody set are rendered byte for byte as they came (name, casing, compact
 * form, folding, order). Text is "binary": one char per byte, so nothing is lost; `decodeText` gives Unicode,
 * and values with characters above U+00FF are stored as their UTF-8 bytes.
 *
 * Names are matched case-insensitively, compact forms included. Structured getters parse on first use and throw
 * SipParseError with the header as `place`.
 */
export abstract class SipMessage {
  abstract readonly isRequest: boolean;

  private headerRows: HeaderRow[];
  private content: Buffer;
  private source: Buffer | undefined;
  /** Parsed values by header key; an entry goes when its header changes. */
  private parsed: Map<string, unknown> | undefined;

  constructor(parts: MessageParts) {
    this.headerRows = parts.rows;
    this.content = parts.body;
    this.source = parts.source;
  }

  /** Without CRLF. */
  protected abstract startLine(): string;

  /** First row's value, unfolded and trimmed, not split at commas. */
  get(name: string): string | undefined {
    return this.row(headerKey(name))?.value;
  }

  has(name: string): boolean {
    return this.row(headerKey(name)) !== undefined;
  }

  /** How many rows there are of that name. */
  count(name: string): number {
    const key = headerKey(name);
    let count = 0;
    for (const row of this.headerRows) if (row.key === key) count++;
    return count;
  }

  /** Values in order: rows and comma lists are the same thing, except for the authentication headers (7.3.1). */
  values(name: string): string[] {
    const key = headerKey(name);
    const list = isListHeader(key);
    const values: string[] = [];
    for (const row of this.headerRows) {
      if (row.key !== key) continue;
      if (list) values.push(...splitList(row.value));
      else values.push(row.value);
    }
    return values;
  }

  /** Rows in order as [name as written, value unfolded and trimmed]. */
  rows(): [name: string, value: string][] {
    return this.headerRows.map((row) => [row.name, row.value]);
  }

  /** Rows of some headers, in message order, for copying into another message unchanged. */
  rowsOf(...names: string[]): HeaderRow[] {
    const keys = names.map(headerKey);
    return this.headerRows.filter((row) => keys.includes(row.key));
  }

  /** Replace all rows of that name by one (or by several, for an array) where the first stood, else at the end. */
  set(name: string, value: HeaderValue | readonly HeaderValue[]): this {
    const key = headerKey(name);
    const values: readonly HeaderValue[] = Array.isArray(value) ? value : [value];
    const fresh = values.map((item) => HeaderRow.of(name, item));
    const first = this.headerRows.findIndex((row) => row.key === key);
    if (first < 0) this.headerRows = [...this.headerRows, ...fresh];
    else {
      const others = this.headerRows.filter((row) => row.key !== key);
      this.headerRows = [...others.slice(0, first), ...fresh, ...others.slice(first)];
    }
    this.changed(key);
    return this;
  }

  /** Add a row after the last of that name, else at the end. */
  append(name: string, value: HeaderValue): this {
    const row = HeaderRow.of(name, value);
    const last = this.headerRows.findLastIndex((other) => other.key === row.key);
    return this.insert(row, last < 0 ? this.headerRows.length : last + 1);
  }

  /** Add a row before the first of that name, else as the first row (Via, Record-Route, Route). */
  prepend(name: string, value: HeaderValue): this {
    const row = HeaderRow.of(name, value);
    return this.insert(row, Math.max(this.firstIndex(row.key), 0));
  }

  remove(name: string): this {
    const key = headerKey(name);
    if (this.firstIndex(key) < 0) return this;
    this.headerRows = this.headerRows.filter((row) => row.key !== key);
    this.changed(key);
    return this;
  }

  /** Take the first value (not the first row) out and return it. */
  shift(name: string): string | undefined {
    const key = headerKey(name);
    const index = this.firstIndex(key);
    const row = this.headerRows[index];
    if (row === undefined) return undefined;
    const [first, ...rest] = isListHeader(key) ? splitList(row.value) : [row.value];
    if (rest.length > 0) this.replaceRow(index, row.withValue(rest.join(", ")));
    else this.headerRows = this.headerRows.filter((_, i) => i !== index);
    this.changed(key);
    return first;
  }

  /** Replace the first value, leaving what follows it in a comma list; without such a header, add it. */
  replaceFirst(name: string, value: HeaderValue): this {
    const key = headerKey(name);
    const index = this.firstIndex(key);
    const row = this.headerRows[index];
    if (row === undefined) return this.append(name, value);
    const rest = isListHeader(key) ? splitList(row.value).slice(1) : [];
    this.replaceRow(index, row.withValue([String(value), ...rest].join(", ")));
    this.changed(key);
    return this;
  }

  /** Topmost Via. */
  get via(): Via {
    return this.parse("via", () => Via.parse(splitList(this.required("via", "Via"))[0] ?? ""));
  }

  get vias(): Via[] {
    return this.values("via").map((value) => Via.parse(value));
  }

  get from(): NameAddr {
    return this.parse("from", () => NameAddr.parse(this.required("from", "From"), "From"));
  }

  get to(): NameAddr {
    return this.parse("to", () => NameAddr.parse(this.required("to", "To"), "To"));
  }

  get callId(): string {
    const value = this.required("call-id", "Call-ID");
    if (value === "") throw new SipParseError("header-malformed", "Call-ID", "empty");
    return value;
  }

  get cseq(): CSeq {
    return this.parse("cseq", () => {
      const text = this.required("cseq", "CSeq");
      const match = CSEQ.exec(text);
      const number = parseUint(match?.[1] ?? "", MAX_CSEQ);
      const method = match?.[2];
      if (number === undefined || method === undefined || !isToken(method)) {
        throw new SipParseError(
          "header-malformed",
          "CSeq",
          `no number below 2^31 and method: ${excerpt(text)}`,
        );
      }
      return { number, method };
    });
  }

  /** Contacts; [] when there are none; "*" for the lone star. A star among others is a fault (10.2.2). */
  get contacts(): NameAddr[] | "*" {
    return this.parse("contact", () => {
      const values = this.values("contact");
      if (values.length === 1 && values[0] === "*") return "*";
      return values.map((value) => NameAddr.parse(value, "Contact"));
    });
  }

  get routes(): NameAddr[] {
    return this.parse("route", () => this.values("route").map((value) => NameAddr.parse(value, "Route")));
  }

  get recordRoutes(): NameAddr[] {
    return this.parse("record-route", () =>
      this.values("record-route").map((value) => NameAddr.parse(value, "Record-Route")),
    );
  }

  /** 0 to 255; undefined when absent. */
  get maxForwards(): number | undefined {
    return this.uint("max-forwards", "Max-Forwards", 255);
  }

  /** Seconds; undefined when absent; throws when it is no number below 2^32. */
  get expires(): number | undefined {
    return this.uint("expires", "Expires", MAX_SECONDS);
  }

  get minExpires(): number | undefined {
    return this.uint("min-expires", "Min-Expires", MAX_SECONDS);
  }

  /** Seconds of Retry-After; its comment and parameters are left out (20.33). */
  get retryAfter(): number | undefined {
    const text = this.get("retry-after");
    if (text === undefined) return undefined;
    const seconds = parseUint(/^\d+/.exec(text)?.[0] ?? "", MAX_SECONDS);
    if (seconds === undefined) {
      throw new SipParseError("header-malformed", "Retry-After", `no number of seconds: ${excerpt(text)}`);
    }
    return seconds;
  }

  get contentLength(): number | undefined {
    return this.uint("content-length", "Content-Length", MAX_SECONDS);
  }

  get body(): Buffer {
    return this.content;
  }

  /** Replaces the body, Content-Length and, when given, Content-Type. */
  setBody(body: Buffer | string, contentType?: string): this {
    this.content = typeof body === "string" ? Buffer.from(body, "utf8") : body;
    if (contentType !== undefined) this.set("Content-Type", contentType);
    return this.set("Content-Length", this.content.length);
  }

  /** The bytes; the received ones when nothing was changed. */
  toBuffer(): Buffer {
    if (this.source !== undefined) return this.source;
    let head = `${this.startLine()}\r\n`;
    for (const row of this.headerRows) head += `${row.raw}\r\n`;
    head += "\r\n";
    const bytes = Buffer.allocUnsafe(head.length + this.content.length);
    bytes.write(head, 0, "latin1");
    this.content.copy(bytes, head.length);
    this.source = bytes;
    return bytes;
  }

  /** Head and body as binary text, for logs and tests. */
  toString(): string {
    return this.toBuffer().toString("latin1");
  }

  /** A copy of what makes the message; rows are immutable and shared. */
  protected copyParts(): MessageParts {
    return { rows: [...this.headerRows], body: this.content, source: this.source };
  }

  /** To be called when the start line changes. */
  protected changed(key?: string): void {
    this.source = undefined;
    if (key !== undefined) this.parsed?.delete(key);
  }

  private row(key: string): HeaderRow | undefined {
    for (const row of this.headerRows) if (row.key === key) return row;
    return undefined;
  }

  private firstIndex(key: string): number {
    return this.headerRows.findIndex((row) => row.key === key);
  }

  private insert(row: HeaderRow, index: number): this {
    this.headerRows = [...this.headerRows.slice(0, index), row, ...this.headerRows.slice(index)];
    this.changed(row.key);
    return this;
  }

  private replaceRow(index: number, row: HeaderRow): void {
    this.headerRows = this.headerRows.map((old, i) => (i === index ? row : old));
  }

  private required(key: string, place: string): string {
    const value = this.row(key)?.value;
    if (value === undefined) throw new SipParseError("header-missing", place, "the header is missing");
    return value;
  }

  private uint(key: string, place: string, max: number): number | undefined {
    const text = this.row(key)?.value;
    if (text === undefined) return undefined;
    const value = parseUint(text, max);
    if (value === undefined) {
      throw new SipParseError("header-malformed", place, `no number from 0 to ${max}: ${excerpt(text)}`);
    }
    return value;
  }

  private parse<T>(key: string, parse: () => T): T {
    this.parsed ??= new Map();
    const known = this.parsed.get(key);
    if (known !== undefined) return known as T;
    const value = parse();
    this.parsed.set(key, value);
    return value;
  }
}

/** Rows and body of a message that is made here: Content-Length is always the body's. */
export function buildParts(headers: HeaderInit, body: Buffer | string | undefined): MessageParts {
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : (body ?? Buffer.alloc(0));
  const rows = headers
    .filter(([name]) => headerKey(name) !== "content-length")
    .map(([name, value]) => HeaderRow.of(name, value));
  rows.push(HeaderRow.of("Content-Length", bytes.length));
  return { rows, body: bytes };
}

/** Text for a start line: binary, and no white space that would end it early. */
export function startLineText(text: string, what: string, pattern: RegExp): string {
  const binary = toBinary(text);
  if (!pattern.test(binary)) throw new SipParseError("start-line-malformed", what, excerpt(binary));
  return binary;
}

function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
