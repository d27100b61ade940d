import type { NameAddr } from "./headers/name-addr";
import type { Via } from "./headers/via";
import type { Uri } from "./uri";

/** Anything that renders to a header value: text, a number, Via, NameAddr, ... */
export type HeaderValue = string | number | { toString(): string };

/** [name, value] pairs in order; repeated names become repeated rows. */
export type HeaderInit = readonly (readonly [name: string, value: HeaderValue])[];

export interface CSeq {
  readonly number: number;
  readonly method: string;
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

  /** First row's value, unfolded and trimmed, not split at commas. */
  get(_name: string): string | undefined {
    throw new Error("not written yet");
  }
  has(_name: string): boolean {
    throw new Error("not written yet");
  }
  /** Values in order: rows and comma lists are the same thing, except for the authentication headers (7.3.1). */
  values(_name: string): string[] {
    throw new Error("not written yet");
  }
  /** Rows in order as [name as written, value unfolded and trimmed]. */
  rows(): [name: string, value: string][] {
    throw new Error("not written yet");
  }
  /** Replace all rows of that name by one (or by several, for an array) where the first stood, else at the end. */
  set(_name: string, _value: HeaderValue | readonly HeaderValue[]): this {
    throw new Error("not written yet");
  }
  /** Add a row after the last of that name, else at the end. */
  append(_name: string, _value: HeaderValue): this {
    throw new Error("not written yet");
  }
  /** Add a row before the first of that name, else as the first row (Via, Record-Route, Route). */
  prepend(_name: string, _value: HeaderValue): this {
    throw new Error("not written yet");
  }
  remove(_name: string): this {
    throw new Error("not written yet");
  }
  /** Take the first value (not the first row) out and return it. */
  shift(_name: string): string | undefined {
    throw new Error("not written yet");
  }
  /** Replace the first value, leaving what follows it in a comma list. */
  replaceFirst(_name: string, _value: HeaderValue): this {
    throw new Error("not written yet");
  }

  /** Topmost Via. */
  get via(): Via {
    throw new Error("not written yet");
  }
  get vias(): Via[] {
    throw new Error("not written yet");
  }
  get from(): NameAddr {
    throw new Error("not written yet");
  }
  get to(): NameAddr {
    throw new Error("not written yet");
  }
  get callId(): string {
    throw new Error("not written yet");
  }
  get cseq(): CSeq {
    throw new Error("not written yet");
  }
  /** Contacts; [] when there are none; "*" for the lone star. */
  get contacts(): NameAddr[] | "*" {
    throw new Error("not written yet");
  }
  get routes(): NameAddr[] {
    throw new Error("not written yet");
  }
  get recordRoutes(): NameAddr[] {
    throw new Error("not written yet");
  }
  /** 0 to 255 (70 and so on); undefined when absent. */
  get maxForwards(): number | undefined {
    throw new Error("not written yet");
  }
  /** Seconds; undefined when absent; throws when it is no number below 2^32. */
  get expires(): number | undefined {
    throw new Error("not written yet");
  }
  get contentLength(): number | undefined {
    throw new Error("not written yet");
  }

  get body(): Buffer {
    throw new Error("not written yet");
  }
  /** Replaces the body, Content-Type and Content-Length. */
  setBody(_body: Buffer | string, _contentType?: string): this {
    throw new Error("not written yet");
  }

  /** The bytes; the received ones when nothing was changed. */
  toBuffer(): Buffer {
    throw new Error("not written yet");
  }
}

export class SipRequest extends SipMessage {
  override readonly isRequest = true;
  readonly method!: string;

  /** Adds Max-Forwards 70 and Content-Length when not given. Via is added by whoever sends it. */
  static create(_init: {
    method: string;
    uri: string | Uri;
    headers: HeaderInit;
    body?: Buffer | string;
  }): SipRequest {
    throw new Error("not written yet");
  }

  /** Request-URI text; assigning re-renders the request line. */
  get uri(): string {
    throw new Error("not written yet");
  }
  set uri(_text: string) {
    throw new Error("not written yet");
  }
  get parsedUri(): Uri {
    throw new Error("not written yet");
  }
  clone(): SipRequest {
    throw new Error("not written yet");
  }
}

export class SipResponse extends SipMessage {
  override readonly isRequest = false;
  readonly status!: number;
  readonly reason!: string;

  /**
   * A response to a request by RFC 3261 8.2.6: Via, From, To, Call-ID, CSeq copied; a To tag added (given or
   * random) unless there is one or the status is 100; Timestamp copied into 100. Headers of a broken request that
   * are missing are left out.
   */
  static to(
    _request: SipRequest,
    _status: number,
    _init?: { reason?: string; toTag?: string; headers?: HeaderInit; body?: Buffer | string },
  ): SipResponse {
    throw new Error("not written yet");
  }
  clone(): SipResponse {
    throw new Error("not written yet");
  }
}

/** Unicode text of a binary header value. */
export function decodeText(_value: string): string {
  throw new Error("not written yet");
}

/** Standard reason phrase of a status; "Unknown" for others. */
export function reasonPhrase(_status: number): string {
  throw new Error("not written yet");
}
