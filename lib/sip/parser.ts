import type { SipParseError } from "./errors";
import type { Limits } from "./limits";
import type { SipMessage } from "./message";

/**
 * What came out of a frame. A fault may carry the message as far as it could be read, so that a request can be
 * answered with `fault.status`.
 */
export type Parsed =
  | { readonly message: SipMessage; readonly fault?: undefined }
  | { readonly message?: SipMessage; readonly fault: SipParseError };

/** One UDP datagram (RFC 3261 18.3): bytes beyond Content-Length are dropped, fewer are a fault. */
export function parseDatagram(_bytes: Buffer, _limits?: Limits): Parsed {
  throw new Error("not written yet");
}

/** One WebSocket message (RFC 7118 5): Content-Length may be missing; exactly one SIP message. */
export function parseFrame(_bytes: Buffer, _limits?: Limits): Parsed {
  throw new Error("not written yet");
}

/** parseDatagram that throws the fault. */
export function parseMessage(_bytes: Buffer | string, _limits?: Limits): SipMessage {
  throw new Error("not written yet");
}

/** True for frames of CR LF only: "\r\n\r\n" is a ping to be answered with "\r\n" (RFC 5626 3.5.1). */
export function keepAlive(_bytes: Buffer): "ping" | "pong" | undefined {
  throw new Error("not written yet");
}
