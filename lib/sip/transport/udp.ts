import type { Limits } from "../limits";
import type { Transport } from "./transport";

export interface UdpOptions {
  /** Address to bind; also the Via sent-by. */
  readonly address: string;
  /** @default 0, any free port */
  readonly port?: number;
  /** Host in Via and Contact when it differs from the bound address. */
  readonly advertisedAddress?: string;
  /** Receive and send buffer in bytes. @default the system's */
  readonly bufferSize?: number;
  readonly limits?: Limits;
}

/** Binds a UDP socket (IPv4 or IPv6 by the address). Rejects with TransportError when it can't. */
export function createUdpTransport(_options: UdpOptions): Promise<Transport> {
  throw new Error("not written yet");
}
