import type { Limits } from "../limits";
import type { Flow, Transport } from "./transport";

export interface WebSocketOptions {
  /** "ws://127.0.0.1:8088/ws" or "wss://..." */
  readonly url: string;
  /** Milliseconds until the handshake is given up. @default 5000 */
  readonly connectTimeout?: number;
  /** PEM of the certificate authority to trust, for self-signed hosts. */
  readonly ca?: string | Buffer;
  /** @default true */
  readonly rejectUnauthorized?: boolean;
  readonly headers?: Record<string, string>;
  /** Send text (default) or binary frames. */
  readonly frames?: "text" | "binary";
  /** Local address to connect from. */
  readonly localAddress?: string;
  readonly limits?: Limits;
}

/** Via sent-by is a random ".invalid" host (RFC 7118 5); there is one flow, `flow`, whatever address is asked for. */
export interface WebSocketTransport extends Transport {
  readonly flow: Flow;
}

/** Connects with subprotocol sip and resolves when open. Rejects with TransportError. */
export function connectWebSocket(_options: WebSocketOptions): Promise<WebSocketTransport> {
  throw new Error("not written yet");
}
