import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface Asked {
  readonly method: string;
  /** Below /ari, as it was sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body?: unknown;
  readonly authorization?: string;
  /** The connection, by its remote port. */
  readonly connection: number;
}

/** Status and JSON; nothing where it answers by itself, or not at all. */
export type Answer = (
  asked: Asked,
  response: ServerResponse,
) => readonly [status: number, body?: unknown] | undefined;

/**
 * ARI of Asterisk as far as these tests need it, on a real socket. Its words were recorded from Asterisk 22.10.1.
 */
export class FakeAsterisk {
  readonly asked: Asked[] = [];
  /** Answers by `METHOD /path`, in place of the built-in ones. */
  readonly answers = new Map<string, Answer>();
  /** WebSockets that were accepted, over all connections. */
  webSockets = 0;
  channels: object[] = [];
  bridges: object[] = [];
  startup = "2026-11-21T07:58:46.181+0000";
  /** What a WebSocket's handshake gets instead of 101. */
  refusal?: readonly [status: number, body: unknown];
  /** Whether events that are made for an application reach its WebSocket. */
  deaf = false;
  /** Called when a pong has been sent. */
  onPing = () => {};
  readonly #server: Server;
  readonly #webSocketServer = new WebSocketServer({ noServer: true, autoPong: false });
  readonly #sockets = new Set<Socket>();
  #pongs = true;
  #port = 0;

  constructor(
    private readonly username = "webrtc",
    private readonly password = "swordfish",
  ) {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.keepAliveTimeout = 15_000;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket as Socket, head));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Listens; after `stop()` on the same port again. */
  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Goes away as a process does: connections break, the port refuses. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Says nothing more on the WebSockets, not even pong, as one that gave its connection up. */
  mute(): void {
    this.#pongs = false;
  }

  /** Sends text to every WebSocket. */
  send(text: string): void {
    for (const client of this.#webSocketServer.clients) client.send(text);
  }

  event(type: string, fields: object = {}): void {
    const timestamp = "2026-11-21T07:59:25.986+0000";
    this.send(
      JSON.stringify({
        type,
        timestamp,
        ...fields,
        asterisk_id: "02:fc:00:00:00:01",
        application: "callcenter",
      }),
    );
  }

  /** `METHOD /path` of what was asked. */
  get requests(): string[] {
    return this.asked.map(({ method, path }) => `${method} ${path}`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const asked = read(request, Buffer.concat(chunks).toString());
    this.asked.push(asked);
    const answer = this.#answer(asked, response);
    if (answer !== undefined) reply(response, ...answer);
  }

  #answer(asked: Asked, response: ServerResponse): ReturnType<Answer> {
    const key = `${asked.method} ${asked.path}`;
    if (!this.#knows(asked.authorization)) return [401, { message: "Authentication required" }];
    const answer = this.answers.get(key);
    if (answer !== undefined) return answer(asked, response);
    switch (key) {
      case "GET /asterisk/info":
        return [200, info(this.startup)];
      case "GET /channels":
        return [200, this.channels];
      case "GET /bridges":
        return [200, this.bridges];
      case "POST /applications/callcenter/subscription":
        return [200, application];
      case "POST /events/user/connection-proof": {
        const { variables } = asked.body as { variables: object };
        const eventname = "connection-proof";
        if (!this.deaf) this.event("ChannelUserevent", { eventname, userevent: { ...variables, eventname } });
        return [204];
      }
      default:
        return [404, { message: "Resource not found" }];
    }
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const asked = read(request, "");
    this.asked.push(asked);
    const refusal = this.#knows(asked.authorization)
      ? this.refusal
      : ([401, { message: "Authentication required" }] as const);
    if (refusal !== undefined) {
      const [status, body] = refusal;
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const type = typeof body === "string" ? "text/html" : "application/json";
      socket.end(
        `HTTP/1.1 ${status} No\r\nContent-Type: ${type}\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
      );
      return;
    }
    this.#webSocketServer.handleUpgrade(request, socket, head, (client: WebSocket) => {
      this.webSockets++;
      this.#pongs = true;
      client.on("error", () => {});
      client.on("ping", (data) => {
        if (this.#pongs) client.pong(data);
        this.onPing();
      });
    });
  }

  #knows(authorization: string | undefined): boolean {
    const expected = Buffer.from(`${this.username}:${this.password}`).toString("base64");
    return authorization === `Basic ${expected}`;
  }
}

function read(request: IncomingMessage, body: string): Asked {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  return {
    method: request.method ?? "",
    path: path.replace(/^\/ari/, ""),
    query: new URLSearchParams(query),
    body: body === "" ? undefined : JSON.parse(body),
    authorization: request.headers.authorization,
    connection: request.socket.remotePort ?? 0,
  };
}

function reply(response: ServerResponse, status: number, body?: unknown): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  const type = body === undefined ? {} : { "Content-type": "application/json" };
  response.writeHead(status, { ...type, "Content-Length": Buffer.byteLength(text) }).end(text);
}

export const application = {
  name: "callcenter",
  channel_ids: [],
  bridge_ids: [],
  endpoint_ids: [],
  events_allowed: [],
  events_disallowed: [],
};

export function info(startup: string): object {
  return {
    system: { version: "22.10.1+dfsg", entity_id: "02:fc:00:00:00:01" },
    status: { startup_time: startup, last_reload_time: startup },
  };
}

export function channel(id: string, state = "Up"): object {
  return {
    id,
    name: `Local/wait@test-far-end-00000000;1`,
    state,
    protocol_id: "",
    caller: { name: "Bob", number: "200" },
    connected: { name: "Bob", number: "200" },
    accountcode: "",
    dialplan: {
      context: "test-far-end",
      exten: "wait",
      priority: 1,
      app_name: "Stasis",
      app_data: "callcenter,one,two",
    },
    creationtime: "2026-11-21T07:59:25.988+0000",
    language: "en",
  };
}

export function bridge(id: string, ...channels: string[]): object {
  return {
    id,
    technology: "simple_bridge",
    bridge_type: "mixing",
    bridge_class: "stasis",
    creator: "Stasis",
    name: "",
    channels,
    creationtime: "2026-11-21T07:59:26.494+0000",
    video_mode: "talker",
  };
}

/** Waits until it holds; fails the test when it doesn't soon. */
export async function until(holds: () => boolean, milliseconds = 5_000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not so within ${milliseconds} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
