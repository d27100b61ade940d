import {
  type Address,
  createTcpTransport,
  createUdpTransport,
  type Flow,
  formatAddress,
  type Message,
  type Parsed,
  type Transport,
  TransportError,
} from "../../../../lib/sip";
import { type Mirror, noMirror } from "../hep/mirror";
import type { RelayConfig } from "./config";
import type { Hop } from "./decision";
import type { RelayProtocol, Side } from "./sides";

export interface LinkOptions {
  readonly side: Side;
  readonly tcp: RelayConfig["tcp"];
  readonly receiveBuffer: number;
  /** Whether datagrams and connections of this host are taken; others are gone then. */
  readonly accepts: (remote: Address) => boolean;
  /** @default mirrors nothing */
  readonly mirror?: Mirror | undefined;
  onMessage(parsed: Parsed, protocol: RelayProtocol, remote: Address): void;
  onError(error: Error): void;
}

/** The sockets of one side: UDP and TCP at the same address. */
export class Link {
  private udp!: Transport;
  private tcp!: Transport;
  /** Connections that messages have come by. */
  private readonly flows = new Map<string, Flow>();
  /** Bytes on their way into TCP connections. */
  private waiting = 0;

  private constructor(private readonly options: LinkOptions) {}

  /** Rejects with TransportError "bind-failed", and leaves nothing open then. */
  static async open(options: LinkOptions): Promise<Link> {
    const link = new Link(options);
    const { address, port } = options.side.address;
    const { accepts } = options;
    link.udp = await createUdpTransport({ address, port, accepts, bufferSize: options.receiveBuffer });
    try {
      link.tcp = await createTcpTransport({ address, port, accepts, ...options.tcp });
    } catch (error) {
      await link.udp.close();
      throw error;
    }
    link.listen(link.udp, "UDP");
    link.listen(link.tcp, "TCP");
    link.tcp.on("flowClosed", (flow) => link.flows.delete(formatAddress(flow.remote)));
    return link;
  }

  /** Rejects with TransportError: nothing that takes it, or too much that waits. */
  async send(bytes: Buffer, hop: Hop): Promise<void> {
    this.mirror("out", bytes, hop.protocol, hop.address);
    if (hop.protocol === "UDP") return this.udp.send(bytes, this.udp.flowTo(hop.address));
    const { maxBuffered } = this.options.tcp;
    if (this.waiting + bytes.length > maxBuffered) {
      throw new TransportError("back-pressure", `${this.waiting} bytes wait for TCP connections`);
    }
    this.waiting += bytes.length;
    try {
      await this.tcp.send(bytes, this.flowFor(hop));
    } finally {
      this.waiting -= bytes.length;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.udp.close(), this.tcp.close()]);
  }

  /** RFC 3261 18.2.2: the connection that the request came by; when it is gone, a new one to where Via points. */
  private flowFor({ address, connection }: Hop): Flow {
    const source = connection === undefined ? undefined : { address: address.address, port: connection };
    const known = source && this.flows.get(formatAddress(source));
    return known ?? this.tcp.flowTo(address);
  }

  private mirror(
    direction: "in" | "out",
    bytes: Buffer | Message,
    protocol: RelayProtocol,
    remote: Address,
  ): void {
    const { mirror = noMirror, side } = this.options;
    if (!mirror.on) return;
    const [from, to] = direction === "in" ? [remote, side.address] : [side.address, remote];
    mirror.copy({ from, to, protocol, bytes: Buffer.isBuffer(bytes) ? bytes : bytes.toBuffer() });
  }

  private listen(transport: Transport, protocol: RelayProtocol): void {
    const { onMessage, onError } = this.options;
    const receive = (parsed: Parsed, flow: Flow) => {
      if (protocol === "TCP") this.flows.set(formatAddress(flow.remote), flow);
      // What has been read without changes is what was received.
      if (parsed.message !== undefined) this.mirror("in", parsed.message, protocol, flow.remote);
      onMessage(parsed, protocol, flow.remote);
    };
    transport.on("message", (message, flow) => receive({ message }, flow));
    transport.on("malformed", (fault, flow, message) => receive({ fault, message }, flow));
    transport.on("error", onError);
  }
}
