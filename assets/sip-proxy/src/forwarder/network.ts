import type { GenesysServerConfig } from "../config";

/** What came from a Genesys server, and what the system says about it. */
export interface NetworkEvents {
  /** A datagram, or what a stream parser cut out. */
  onMessage(bytes: Buffer): void;
  /** Nothing can be sent to it, or nobody listens there (ICMP, refused connection). */
  onFailure(error: Error): void;
}

/** All that the forwarder knows of the sockets to one Genesys server. */
export interface Link {
  /** No retransmissions on it (TCP). */
  readonly reliable: boolean;
  /** Resolves when the sockets are there, or when it is known that they can't be had for now. */
  readonly ready: Promise<void>;
  /**
   * The socket for a key, the same for the same key, so that what one DN sends stays in order. Undefined as long as
   * there is none.
   */
  path(key: number): Path | undefined;
  /** Ends its sockets; no event comes after it. */
  close(): Promise<void>;
}

/** One socket. */
export interface Path {
  /** Protocol and sent-by of a Via: "SIP/2.0/UDP 192.0.2.1:40112". */
  readonly via: string;
  /** Fire and forget: failures come as `onFailure`, never within this call. */
  send(bytes: Buffer): void;
}

/** Opens the sockets to a server. */
export type OpenLink = (server: GenesysServerConfig, events: NetworkEvents) => Link;
