import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns";
import { isIP, isIPv6 } from "node:net";
import { type Address, formatAddress } from "../address";
import { defaultLimits, type Limits } from "../limits";
import { parseDatagram } from "../parser";
import { BaseTransport, type Flow, type Transport, TransportError } from "./transport";

export interface UdpOptions {
  /** Address to bind; also the Via sent-by. */
  readonly address: string;
  /** @default 0, any free port */
  readonly port?: number | undefined;
  /** Host in Via and Contact when it differs from the bound address. */
  readonly advertisedAddress?: string | undefined;
  /** Receive and send buffer in bytes. @default the system's */
  readonly bufferSize?: number | undefined;
  readonly limits?: Limits | undefined;
  /** Whether a datagram of this host is looked at; others are dropped unread. @default all are */
  readonly accepts?: ((remote: Address) => boolean) | undefined;
}

/**
 * Binds a UDP socket (IPv4 or IPv6 by the address). Rejects with TransportError "bind-failed". One socket starves
 * under load, as Node reads about 32 datagrams per turn of its loop: spread busy traffic over several.
 */
export async function createUdpTransport(options: UdpOptions): Promise<Transport> {
  const socket = createSocket({
    type: isIPv6(options.address) ? "udp6" : "udp4",
    recvBufferSize: options.bufferSize,
    sendBufferSize: options.bufferSize,
    lookup: lookupUnlessLiteral,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", (cause) => {
      socket.close();
      reject(new TransportError("bind-failed", `UDP ${options.address}:${options.port ?? 0}`, { cause }));
    });
    socket.bind(options.port ?? 0, options.address, () => {
      socket.removeAllListeners("error");
      resolve();
    });
  });
  return new UdpTransport(socket, options);
}

class UdpTransport extends BaseTransport implements Transport {
  readonly protocol = "UDP";
  readonly reliable = false;
  readonly local: Address;

  constructor(
    private readonly socket: Socket,
    options: UdpOptions,
  ) {
    super();
    const bound = socket.address();
    const limits = options.limits ?? defaultLimits;
    this.local = { address: options.advertisedAddress ?? bound.address, port: bound.port };
    socket.on("error", (error) => this.report(error));
    socket.on("message", (bytes, { address, port }) => {
      if (options.accepts?.({ address, port }) === false || isPadding(bytes)) return;
      this.deliver(parseDatagram(bytes, limits), this.flowTo({ address, port }));
    });
  }

  flowTo(remote: Address): Flow {
    return { transport: this, local: this.local, remote };
  }

  send(bytes: Buffer, { remote }: Flow): Promise<void> {
    if (this.closed) return Promise.reject(new TransportError("closed", "the UDP socket is closed"));
    return new Promise((resolve, reject) => {
      this.socket.send(bytes, remote.port, remote.address, (cause) => {
        if (cause === null) resolve();
        else reject(new TransportError("send-failed", `UDP to ${formatAddress(remote)}`, { cause }));
      });
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }
}

/** Keep-alives that peers send to hold a NAT binding open: line breaks, blanks or zeros, and no message. */
function isPadding(bytes: Buffer): boolean {
  return (
    bytes.length <= 4 && bytes.every((byte) => byte === 0 || byte === 0x0d || byte === 0x0a || byte === 0x20)
  );
}

/** Spares literal addresses the trip through the resolver, once per datagram. */
const lookupUnlessLiteral: typeof lookup = ((
  host: string,
  options: { family: number } | number,
  callback: (error: Error | null, address: string, family: number) => void,
) => {
  const family = isIP(host);
  if (family !== 0) callback(null, host, family);
  else lookup(host, typeof options === "number" ? { family: options } : options, callback as never);
}) as typeof lookup;
