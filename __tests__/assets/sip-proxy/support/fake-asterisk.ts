import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import WebSocket, { WebSocketServer } from "ws";

export interface ReceivedFrame {
  readonly data: Buffer;
  readonly binary: boolean;
}

/** A WebSocket server in Asterisk's place; each connection's frames and close are kept. */
export class FakeAsterisk {
  readonly connections: AsteriskConnection[] = [];
  /** Source addresses of the connections. */
  readonly peers: string[] = [];
  /** Handshakes that were answered, and the most that were open at once. */
  openingNow = 0;
  openingPeak = 0;
  /** Milliseconds that a handshake takes. */
  handshakeDelay = 0;
  /** What to do with each message. */
  onMessage: (frame: ReceivedFrame, connection: AsteriskConnection) => void = () => undefined;
  private readonly raw = new Set<Duplex>();
  private readonly http: Server = createServer();
  private readonly sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "sip" });

  static async start(address = "127.0.5.1"): Promise<FakeAsterisk> {
    const asterisk = new FakeAsterisk();
    asterisk.http.on("upgrade", (request, socket, head) => {
      asterisk.peers.push(request.socket.remoteAddress ?? "");
      asterisk.openingNow++;
      asterisk.openingPeak = Math.max(asterisk.openingPeak, asterisk.openingNow);
      asterisk.raw.add(socket);
      socket.on("close", () => asterisk.raw.delete(socket));
      const handshake = setTimeout(() => {
        asterisk.openingNow--;
        asterisk.sockets.handleUpgrade(request, socket, head, (ws) => {
          asterisk.connections.push(new AsteriskConnection(ws, asterisk));
        });
      }, asterisk.handshakeDelay);
      socket.on("close", () => clearTimeout(handshake));
    });
    asterisk.http.listen(0, address);
    await once(asterisk.http, "listening");
    return asterisk;
  }

  get url(): string {
    const { address, port } = this.http.address() as AddressInfo;
    return `ws://${address}:${port}/ws`;
  }

  async stop(): Promise<void> {
    for (const socket of this.raw) socket.destroy();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }
}

export class AsteriskConnection {
  readonly frames: ReceivedFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(
    readonly ws: WebSocket,
    asterisk: FakeAsterisk,
  ) {
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    ws.on("error", () => undefined);
    ws.on("message", (data, binary) => {
      const frame = { data: data as Buffer, binary };
      this.frames.push(frame);
      asterisk.onMessage(frame, this);
    });
  }

  send(data: string | Buffer): void {
    this.ws.send(data);
  }
}

/** A phone's WebSocket. */
export class TestPhone {
  readonly frames: ReceivedFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private waiting: (() => void)[] = [];

  private constructor(readonly ws: WebSocket) {
    ws.on("message", (data, binary) => {
      this.frames.push({ data: data as Buffer, binary });
      for (const wake of this.waiting.splice(0)) wake();
    });
    ws.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  static async connect(
    port: number,
    options: WebSocket.ClientOptions = {},
    path = "/ws",
  ): Promise<TestPhone> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, ["sip"], options);
    const phone = new TestPhone(ws);
    await once(ws, "open");
    return phone;
  }

  /** The HTTP status that refuses the handshake. */
  static async refusal(
    port: number,
    options: WebSocket.ClientOptions = {},
    path = "/ws",
    protocols = ["sip"],
  ): Promise<number | undefined> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options);
    ws.on("error", () => undefined);
    return new Promise((resolve) => {
      ws.on("unexpected-response", (_request, response) => {
        response.resume();
        resolve(response.statusCode);
        ws.terminate();
      });
      ws.on("open", () => {
        resolve(undefined);
        ws.terminate();
      });
    });
  }

  send(data: string | Buffer): void {
    this.ws.send(data);
  }

  /** The n-th frame from the start, as text. */
  async frame(index: number): Promise<string> {
    while (this.frames.length <= index) {
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
      });
    }
    return (this.frames[index] as ReceivedFrame).data.toString();
  }
}

/** Waits until something is true. */
export async function until(condition: () => boolean, what: string, milliseconds = 3000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
