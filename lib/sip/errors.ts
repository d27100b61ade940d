/**
 * Faults of the SIP core. Every one has a stable `code` that callers switch on; messages are for people.
 */

/** Codes of everything that can be wrong with received bytes. */
export type ParseErrorCode =
  | "empty-message"
  | "message-too-large"
  | "head-not-terminated"
  | "start-line-malformed"
  | "version-unsupported"
  | "status-out-of-range"
  | "uri-malformed"
  | "uri-too-long"
  | "uri-scheme-unsupported"
  | "header-malformed"
  | "header-line-too-long"
  | "too-many-headers"
  | "header-missing"
  | "header-repeated"
  | "content-length-malformed"
  | "content-length-missing"
  | "content-length-conflict"
  | "body-truncated"
  | "method-mismatch";

/** Any fault raised by this library. */
export class SipError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * Bytes that are no (acceptable) SIP message, or a header value that does not parse.
 * `place` names where: "request line", a header name, "body". `status` is what a proxy or user agent server
 * answers when the bytes are a request (RFC 3261 8.2, 16.3); undefined means that there is nothing to answer.
 */
export class SipParseError extends SipError {
  constructor(
    override readonly code: ParseErrorCode,
    readonly place: string,
    detail: string,
    readonly status: number = 400,
  ) {
    // It is about bytes from the network, not about our code: a stack would say nothing, and costs more than parsing.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(code, `${place}: ${detail}`);
    Error.stackTraceLimit = limit;
  }
}
