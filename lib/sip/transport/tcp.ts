import { connect, createServer, type Server, type Socket } from "node:net";
import { type Address, bareAddress, formatAddress } from "../address";
import { defaultLimits, type Limits } from "../limits";
import { StreamParser } from "../stream-parser";
import { BaseTransport, type Flow, type Transport, TransportError } from "./transport";

export interface TcpOptions {
  /** Local address: of the listener, and source of outgoing connections. */
  readonly address: string;
  /** Port to listen on, 0 for any; undefined for a client that does not listen. */
  readonly port?: number | undefined;
  readonly advertisedAddress?: string | undefined;
  /** Milliseconds until a connect is given up. @default 5000 */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds that a message may take from its first byte to its last. @default 32000 */
  readonly messageTimeout?: number | undefined;
  /** Milliseconds without a byte after which a connection is closed. @default 3600000 */
  readonly idleTimeout?: number | undefined;
  /** Connections accepted at most. @default 1024 */
  readonly maxConnections?: number | undefined;
  /** Unsent bytes per connection above which `send` rejects with "back-pressure". @default 1048576 */
  readonly maxBuffered?: number | undefined;
  readonly limits?: Limits | undefined;
  /** Whether a host may connect; a connection of others is closed at once. @default all may */
  readonly accepts?: ((remote: Address) => boolean) | undefined;
}

type Settings = Required<Omit<TcpOptions, "port" | "advertisedAddress" | "accepts">>;

const PONG = Buffer.from("\r\n");

/**
 * Client and server. One connection per peer address serves both directions (RFC 3261 18.2.2, RFC 5923). A flow of
 * `flowTo` connects again after its connection was lost; the flow of an accepted connection can't, and rejects
 * with "closed". Rejects with TransportError "bind-failed".
 */
export async function createTcpTransport(options: TcpOptions): Promise<Transport> {
  const transport = new TcpTransport(options);
  if (options.port !== undefined) await transport.listen(options.port);
  return transport;
}

class TcpTransport extends BaseTransport implements Transport {
  readonly protocol = "TCP";
  readonly reliable = true;
  local: Address;
  private readonly settings: Settings;
  private readonly connections = new Map<string, TcpConnection>();
  private server: Server | undefined;

  constructor(private readonly options: TcpOptions) {
    super();
    this.settings = {
      connectTimeout: 5_000,
      messageTimeout: 32_000,
      idleTimeout: 3_600_000,
      maxConnections: 1_024,
      maxBuffered: 1_048_576,
      limits: defaultLimits,
      ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
      address: options.address,
    };
    this.local = { address: options.advertisedAddress ?? options.address, port: 0 };
  }

  async listen(port: number): Promise<void> {
    const server = createServer((socket) => this.accept(socket));
    server.maxConnections = this.settings.maxConnections;
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error) =>
        reject(new TransportError("bind-failed", `TCP ${this.options.address}:${port}`, { cause }));
      server.once("error", failed);
      server.listen(port, this.options.address, () => {
        server.off("error", failed);
        resolve();
      });
    });
    server.on("error", (error) => this.report(error));
    const bound = server.address();
    this.local = { ...this.local, port: typeof bound === "object" && bound !== null ? bound.port : port };
    this.server = server;
  }

  flowTo(remote: Address): Flow {
    return (
      this.connections.get(formatAddress(remote))?.flow ?? { transport: this, local: this.local, remote }
    );
  }

  async send(bytes: Buffer, flow: Flow): Promise<void> {
    if (this.closed) throw new TransportError("closed", "the TCP transport is closed");
    const key = formatAddress(flow.remote);
    const connection = this.connections.get(key) ?? this.open(flow, key);
    await connection.send(bytes);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const connection of this.connections.values()) connection.destroy();
    this.connections.clear();
    const { server } = this;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private accept(socket: Socket): void {
    const remote = { address: bareAddress(socket.remoteAddress ?? ""), port: socket.remotePort ?? 0 };
    if (this.options.accepts?.(remote) === false) {
      socket.destroy();
      return;
    }
    const flow: AcceptedFlow = { transport: this, local: this.local, remote, accepted: true };
    this.adopt(socket, flow, formatAddress(remote));
  }

  private open(flow: Flow, key: string): TcpConnection {
    if ("accepted" in flow) throw new TransportError("closed", `TCP from ${key} has been closed`);
    const { address, port } = flow.remote;
    return this.adopt(connect({ host: address, port, localAddress: this.settings.address }), flow, key);
  }

  private adopt(socket: Socket, flow: Flow, key: string): TcpConnection {
    const connection = new TcpConnection(socket, flow, this.settings, {
      onItem: (item) => this.deliver(item.parsed, flow),
      onClose: (error) => {
        if (this.connections.get(key) === connection) this.connections.delete(key);
        if (!this.closed) this.emit("flowClosed", flow, error);
      },
    });
    this.connections.set(key, connection);
    return connection;
  }
}

interface AcceptedFlow extends Flow {
  readonly accepted: true;
}

type MessageItem = Extract<ReturnType<StreamParser["push"]>[number], { kind: "message" }>;

interface ConnectionEvents {
  onItem(item: MessageItem): void;
  onClose(error: Error | undefined): void;
}

/** The life of one socket. */
class TcpConnection {
  private readonly parser: StreamParser;
  /** Settles when the socket is connected. */
  private readonly ready: Promise<void>;
  private messageTimer: NodeJS.Timeout | undefined;
  private error: Error | undefined;

  constructor(
    private readonly socket: Socket,
    readonly flow: Flow,
    private readonly settings: Settings,
    private readonly events: ConnectionEvents,
  ) {
    this.parser = new StreamParser(settings.limits);
    this.ready = socket.connecting ? this.connected() : Promise.resolve();
    this.ready.catch(() => undefined); // each send reports it
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.setTimeout(settings.idleTimeout, () => this.fail("closed", "idle"));
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("error", (error) => {
      this.error ??= error;
    });
    socket.on("close", () => {
      clearTimeout(this.messageTimer);
      this.events.onClose(this.error);
    });
  }

  async send(bytes: Buffer): Promise<void> {
    const { socket } = this;
    // Not otherwise: an answer to what ends the connection has to be written before the connection is ended.
    if (socket.connecting) await this.ready;
    const peer = formatAddress(this.flow.remote);
    if (socket.destroyed || socket.writableEnded)
      throw new TransportError("closed", `TCP to ${peer} is closed`);
    if (socket.writableLength + bytes.length > this.settings.maxBuffered) {
      throw new TransportError("back-pressure", `TCP to ${peer}: ${socket.writableLength} bytes wait`);
    }
    await new Promise<void>((resolve, reject) => {
      socket.write(bytes, (cause) => {
        if (cause) reject(new TransportError("send-failed", `TCP to ${peer}`, { cause }));
        else resolve();
      });
    });
  }

  destroy(): void {
    this.socket.destroy();
  }

  private connected(): Promise<void> {
    const peer = formatAddress(this.flow.remote);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.fail("connect-timeout", `TCP to ${peer}`),
        this.settings.connectTimeout,
      );
      this.socket.once("connect", () => {
        clearTimeout(timer);
        resolve();
      });
      this.socket.once("close", () => {
        clearTimeout(timer);
        const cause = this.error;
        reject(
          cause instanceof TransportError
            ? cause
            : new TransportError("connect-failed", `TCP to ${peer}`, { cause }),
        );
      });
    });
  }

  private receive(chunk: Buffer): void {
    for (const item of this.parser.push(chunk)) {
      if (item.kind === "ping") this.socket.write(PONG);
      else {
        this.events.onItem(item);
        if (item.fatal) this.socket.end(); // what was answered to it still goes out
      }
    }
    this.watchMessage();
  }

  /** A message that has begun has to end: a peer that drips bytes holds a connection otherwise. */
  private watchMessage(): void {
    if (this.parser.pending <= PONG.length) {
      clearTimeout(this.messageTimer);
      this.messageTimer = undefined;
    } else {
      this.messageTimer ??= setTimeout(
        () => this.fail("closed", "a message took too long"),
        this.settings.messageTimeout,
      );
    }
  }

  private fail(code: "closed" | "connect-timeout", detail: string): void {
    this.error ??= new TransportError(code, detail);
    this.socket.destroy();
  }
}
