import type { Limits } from "../limits";
import type { Transport } from "./transport";

export interface TcpOptions {
  /** Local address: of the listener, and source of outgoing connections. */
  readonly address: string;
  /** Port to listen on; undefined for a client that does not listen. */
  readonly port?: number;
  readonly advertisedAddress?: string;
  /** Milliseconds until a connect is given up. @default 5000 */
  readonly connectTimeout?: number;
  /** Connections accepted at most. @default 1024 */
  readonly maxConnections?: number;
  /** Unsent bytes per connection above which `send` rejects with "back-pressure". @default 1 MiB */
  readonly maxBuffered?: number;
  readonly limits?: Limits;
}

/** Client and server; a connection to a peer is reused in both directions (RFC 3261 18.2.2, RFC 5923). */
export function createTcpTransport(_options: TcpOptions): Promise<Transport> {
  throw new Error("not written yet");
}
