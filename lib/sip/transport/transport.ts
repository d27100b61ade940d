import type { EventEmitter } from "node:events";
import type { SipParseError } from "../errors";
import { SipError } from "../errors";
import type { Message } from "../message";

export interface Address {
  readonly address: string;
  readonly port: number;
}

export type Protocol = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

/** A path to a peer: where a message came from, and where to send one. Flows of one connection are the same object. */
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
  /** The socket itself failed, or (UDP) the system reported an ICMP error. */
  error: [error: Error];
}

/** One bound socket (UDP), one listener with its connections (TCP), or one client connection (WebSocket). */
export interface Transport extends EventEmitter<TransportEvents> {
  readonly protocol: Protocol;
  /** True when nothing is retransmitted on it (RFC 3261 17). */
  readonly reliable: boolean;
  /** What goes into Via sent-by and Contact. */
  readonly local: Address;
  /** The flow to an address, opening a connection when `send` needs one. */
  flowTo(remote: Address): Flow;
  /** Resolves when the bytes are with the system; rejects with TransportError. */
  send(bytes: Buffer, flow: Flow): Promise<void>;
  /** Clean stop: no event after it resolves. Idempotent. */
  close(): Promise<void>;
}

/** Codes: "closed", "connect-timeout", "connect-failed", "send-failed", "back-pressure". */
export class TransportError extends SipError {}
