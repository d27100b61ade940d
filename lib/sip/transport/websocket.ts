import { isUtf8 } from "node:buffer";
import { WebSocket } from "ws";
import type { Address } from "../address";
import { randomHex } from "../identifiers";
import { defaultLimits, type Limits } from "../limits";
import { keepAlive, parseFrame } from "../parser";
import { BaseTransport, type Flow, type Transport, TransportError } from "./transport";

export interface WebSocketOptions {
  /** "ws://127.0.0.1:8088/ws" or "wss://..." */
  readonly url: string;
  /** Milliseconds until the handshake is given up. @default 5000 */
  readonly connectTimeout?: number | undefined;
  /** PEM of the certificate authority to trust, for self-signed hosts. */
  readonly ca?: string | Buffer | undefined;
  /** @default true */
  readonly rejectUnauthorized?: boolean | undefined;
  readonly headers?: Record<string, string> | undefined;
  /** Frames to send; bytes that are no UTF-8 go as binary in any case. @default "text" */
  readonly frames?: "text" | "binary" | undefined;
  /** Local address to connect from. */
  readonly localAddress?: string | undefined;
  /** Unsent bytes above which `send` rejects with "back-pressure". @default 1048576 */
  readonly maxBuffered?: number | undefined;
  readonly limits?: Limits | undefined;
}

/** Via sent-by is a random ".invalid" host (RFC 7118 5); there is one flow, `flow`, whatever address is asked for. */
export interface WebSocketTransport extends Transport {
  readonly flow: Flow;
}

const CLOSE_TIMEOUT = 2_000;
const NORMAL_CLOSURE = 1_000;
const PONG = Buffer.from("\r\n");

/**
 * Connects with subprotocol sip and resolves when open (RFC 7118 4.1). Rejects with TransportError "connect-failed",
 * also when the server does not choose that subprotocol.
 */
export async function connectWebSocket(options: WebSocketOptions): Promise<WebSocketTransport> {
  const limits = options.limits ?? defaultLimits;
  const socket = new WebSocket(options.url, ["sip"], {
    handshakeTimeout: options.connectTimeout ?? 5_000,
    maxPayload: limits.message,
    perMessageDeflate: false,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
    ...(options.headers === undefined ? {} : { headers: options.headers }),
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  });
  // Made before the handshake ends: the first frame may come in the same packet as the 101.
  const transport = new WsTransport(socket, options, limits);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", (cause) =>
      reject(new TransportError("connect-failed", `${options.url}: ${cause.message}`, { cause })),
    );
  });
  return transport;
}

class WsTransport extends BaseTransport implements WebSocketTransport {
  readonly protocol: "WS" | "WSS";
  readonly reliable = true;
  readonly local: Address = { address: `${randomHex(6)}.invalid`, port: 0 };
  readonly flow: Flow;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: WebSocketOptions,
    limits: Limits,
  ) {
    super();
    const url = new URL(options.url);
    this.protocol = url.protocol === "wss:" ? "WSS" : "WS";
    const port = Number(url.port) || (this.protocol === "WSS" ? 443 : 80);
    this.flow = { transport: this, local: this.local, remote: { address: url.hostname, port } };
    let failure: Error | undefined;
    socket.on("message", (data) => this.receive(data as Buffer, limits));
    socket.on("error", (error) => {
      failure = error;
      this.report(error);
    });
    socket.on("close", (code, reason) => {
      if (this.closed) return;
      const error =
        failure ?? new TransportError("closed", `WebSocket closed with ${code} ${reason.toString()}`);
      this.emit("flowClosed", this.flow, error);
    });
  }

  flowTo(_remote: Address): Flow {
    return this.flow;
  }

  async send(bytes: Buffer, _flow: Flow): Promise<void> {
    const { socket, options } = this;
    if (this.closed || socket.readyState !== WebSocket.OPEN) {
      throw new TransportError("closed", `${options.url} is closed`);
    }
    if (socket.bufferedAmount + bytes.length > (options.maxBuffered ?? 1_048_576)) {
      throw new TransportError("back-pressure", `${options.url}: ${socket.bufferedAmount} bytes wait`);
    }
    const binary = options.frames === "binary" || !isUtf8(bytes);
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, { binary }, (cause) => {
        if (cause) reject(new TransportError("send-failed", options.url, { cause }));
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { socket } = this;
    if (socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      socket.close(NORMAL_CLOSURE);
    });
  }

  private receive(bytes: Buffer, limits: Limits): void {
    const kind = keepAlive(bytes);
    if (kind === "ping") this.socket.send(PONG, { binary: false });
    if (kind === undefined) this.deliver(parseFrame(bytes, limits), this.flow);
  }
}
