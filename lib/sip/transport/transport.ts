import { EventEmitter } from "node:events";
import type { Address } from "../address";
import { SipError, type SipParseError } from "../errors";
import type { Message } from "../message";
import type { Parsed } from "../parser";

export type Protocol = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

/** A path to a peer: where a message came from, and where to send one. */
export interface Flow {
  readonly transport: Transport;
  readonly local: Address;
  readonly remote: Address;
}

export interface TransportEvents {
  message: [message: Message, flow: Flow];
  /** Bytes that are no message; `message` is set when enough was read to answer it with `fault.status`. */
  malformed: [fault: SipParseError, flow: Flow, message: Message | undefined];
  /** A connection is gone. Never emitted for UDP. */
  flowClosed: [flow: Flow, error: Error | undefined];
  /** The socket itself failed, or (UDP) the system reported an ICMP error. Without a listener it is dropped. */
  error: [error: Error];
}

/** One bound socket (UDP), one listener with its connections (TCP), or one client connection (WebSocket). */
export interface Transport extends EventEmitter<TransportEvents> {
  readonly protocol: Protocol;
  /** True when nothing is retransmitted on it (RFC 3261 17). */
  readonly reliable: boolean;
  /** What goes into Via sent-by and Contact. Port 0: none (a client that does not listen). */
  readonly local: Address;
  /** The flow to an address. `send` opens a connection when there is none. */
  flowTo(remote: Address): Flow;
  /** Resolves when the bytes are with the system; rejects with TransportError. */
  send(bytes: Buffer, flow: Flow): Promise<void>;
  /** Clean stop: no event after it resolves. Idempotent. */
  close(): Promise<void>;
}

export type TransportErrorCode =
  | "bind-failed"
  | "closed"
  | "connect-timeout"
  | "connect-failed"
  | "send-failed"
  | "back-pressure";

export class TransportError extends SipError {
  constructor(
    override readonly code: TransportErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** What the transports share: events that can't take the process down. */
export abstract class BaseTransport extends EventEmitter<TransportEvents> {
  protected closed = false;

  protected deliver(parsed: Parsed, flow: Flow): void {
    if (this.closed) return;
    if (parsed.fault === undefined) this.emit("message", parsed.message, flow);
    else this.emit("malformed", parsed.fault, flow, parsed.message);
  }

  protected report(error: Error): void {
    if (!this.closed && this.listenerCount("error") > 0) this.emit("error", error);
  }
}
