import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket as TcpSocket } from "node:net";
import type { RelayConfigInput } from "../../../../assets/sip-proxy/src/relay/config";
import { relayConfigSchema } from "../../../../assets/sip-proxy/src/relay/config";
import { Relay } from "../../../../assets/sip-proxy/src/relay/relay";
import type { Deliver } from "../../../../assets/sip-proxy/src/relay/talk-desk";
import { type Message, parseMessage, StreamParser } from "../../../../lib/sip";
import { until } from "../support/fake-asterisk";
import { recordingLog } from "../support/log";
import { RelayCounters } from "./counters";
import { unconcerned } from "./support";

export interface Addresses {
  readonly genesysSide: string;
  readonly asteriskSide: string;
  readonly genesys: string;
  readonly asterisk: string;
}

/** Four addresses of one /24 of the loopback network, for one suite. */
export function addressesIn(net: string): Addresses {
  return {
    genesysSide: `${net}.1`,
    genesys: `${net}.2`,
    asteriskSide: `${net}.3`,
    asterisk: `${net}.4`,
  };
}

/** What has been opened; closed by `closeAll`, last first. */
const opened: (() => unknown)[] = [];

export function toClose(close: () => unknown): void {
  opened.push(close);
}

export async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

export interface RunningRelay {
  readonly relay: Relay;
  readonly metrics: RelayCounters;
  readonly log: ReturnType<typeof recordingLog>;
  readonly deliveries: Parameters<Deliver>[];
}

export async function startRelay(
  addresses: Addresses,
  changes: Partial<RelayConfigInput> = {},
  deliver: Deliver = async () => ({ outcome: "delivered" }),
): Promise<RunningRelay> {
  const metrics = new RelayCounters();
  const log = recordingLog();
  const deliveries: Parameters<Deliver>[] = [];
  const relay = await Relay.start({
    config: relayConfigSchema.parse({
      genesysSide: { address: addresses.genesysSide },
      asteriskSide: { address: addresses.asteriskSide },
      asterisk: { address: addresses.asterisk },
      ...changes,
    }),
    genesys: [addresses.genesys],
    deliver: (...delivery) => {
      deliveries.push(delivery);
      return deliver(...delivery);
    },
    registrations: unconcerned,
    metrics,
    log,
  });
  toClose(() => relay.stop());
  return { relay, metrics, log, deliveries };
}

/** Messages that came, whichever way. */
export class Inbox {
  readonly raw: string[] = [];

  get messages(): Message[] {
    return this.raw.map((text) => parseMessage(text));
  }

  /** The n-th that came. */
  async nth(index: number): Promise<Message> {
    await until(() => this.raw.length > index, `message ${index + 1}, after ${this.raw.length}`);
    return this.messages[index] as Message;
  }
}

/** A bare UDP socket at an address. */
export class UdpPeer extends Inbox {
  private constructor(private readonly socket: Socket) {
    super();
    socket.on("message", (bytes) => this.raw.push(bytes.toString("latin1")));
  }

  static async open(address: string, port = 5060): Promise<UdpPeer> {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.bind(port, address);
    await once(socket, "listening");
    toClose(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    return new UdpPeer(socket);
  }

  send(bytes: string | Buffer, address: string, port = 5070): void {
    this.socket.send(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, port, address);
  }
}

/** One TCP connection. */
export class TcpPeer extends Inbox {
  private readonly parser = new StreamParser();
  closed = false;

  constructor(readonly socket: TcpSocket) {
    super();
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.closed = true;
    });
    socket.on("data", (chunk) => {
      for (const item of this.parser.push(chunk)) {
        if (item.kind === "message") this.raw.push(item.parsed.message?.toString() ?? "");
      }
    });
    toClose(() => socket.destroy());
  }

  static async dial(from: string, to: string, port = 5070): Promise<TcpPeer> {
    const socket = connect({ host: to, port, localAddress: from });
    await once(socket, "connect");
    return new TcpPeer(socket);
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }
}

/** A listener, with the connections that it got. */
export async function tcpListener(address: string, port = 5060): Promise<TcpPeer[]> {
  const peers: TcpPeer[] = [];
  const server = createServer((socket) => peers.push(new TcpPeer(socket)));
  server.listen(port, address);
  await once(server, "listening");
  toClose(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return peers;
}
