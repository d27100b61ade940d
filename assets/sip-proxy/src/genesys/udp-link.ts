import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { formatAddress } from "../../../../lib/sip";
import type { GenesysServerConfig } from "../config";
import type { Link, NetworkEvents, Path } from "../forwarder/network";

/** Milliseconds after which a socket is tried again that couldn't be had (a name that doesn't resolve). */
const REOPEN = 5_000;

/** Bytes; the system may grant fewer. */
const RECEIVE_BUFFER = 1_048_576;

export interface UdpLinkOptions {
  readonly localAddress: string;
  /** How many sockets share the load: one starves, as few datagrams are read per turn of the event loop. */
  readonly sockets: number;
}

/**
 * Several UDP sockets to one server. They are connected: so the system drops what other hosts send, and tells when
 * nobody listens at the server (ICMP), which it doesn't for a socket that isn't.
 */
export class UdpLink implements Link {
  readonly reliable = false;
  readonly ready: Promise<void>;
  private readonly sockets: ConnectedSocket[];

  constructor(server: GenesysServerConfig, events: NetworkEvents, options: UdpLinkOptions) {
    this.sockets = Array.from(
      { length: options.sockets },
      () => new ConnectedSocket(server, events, options.localAddress),
    );
    this.ready = Promise.all(this.sockets.map((one) => one.open())).then(() => undefined);
  }

  path(key: number): Path | undefined {
    const socket = this.sockets[key % this.sockets.length];
    return socket?.connected ? socket : undefined;
  }

  async close(): Promise<void> {
    await Promise.all(this.sockets.map((one) => one.close()));
  }
}

class ConnectedSocket implements Path {
  via = "";
  connected = false;
  private socket: Socket | undefined;
  private reopen: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly server: GenesysServerConfig,
    private readonly events: NetworkEvents,
    private readonly localAddress: string,
  ) {}

  send(bytes: Buffer): void {
    // Without a callback, a failure comes as an `error` event.
    this.socket?.send(bytes);
  }

  /** Resolves after the first try, whatever came of it. */
  open(): Promise<void> {
    const socket = createSocket({
      type: isIPv6(this.localAddress) ? "udp6" : "udp4",
      recvBufferSize: RECEIVE_BUFFER,
    });
    this.socket = socket;
    return new Promise((resolve) => {
      const failed = (error: Error) => {
        this.connected = false;
        socket.removeAllListeners();
        socket.on("error", () => undefined);
        socket.close();
        if (this.closed) return resolve();
        this.reopen = setTimeout(() => void this.open(), REOPEN);
        this.events.onFailure(error);
        resolve();
      };
      socket.once("error", failed);
      socket.bind(0, this.localAddress, () => {
        socket.connect(this.server.port, this.server.host, (error?: Error) => {
          if (this.closed) return resolve();
          if (error) return failed(error);
          socket.off("error", failed);
          this.serve(socket);
          resolve();
        });
      });
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.connected = false;
    clearTimeout(this.reopen);
    const { socket } = this;
    this.socket = undefined;
    if (socket === undefined) return;
    socket.removeAllListeners("message");
    await new Promise<void>((resolve) => {
      try {
        socket.close(resolve);
      } catch {
        resolve(); // it was closed after a failure
      }
    });
  }

  private serve(socket: Socket): void {
    this.via = `SIP/2.0/UDP ${formatAddress(socket.address())}`;
    this.connected = true;
    socket.on("error", (error) => {
      if (!this.closed) this.events.onFailure(error);
    });
    socket.on("message", (bytes) => {
      if (!this.closed) this.events.onMessage(bytes);
    });
  }
}
