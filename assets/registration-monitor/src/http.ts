import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inRange, type MonitorConfig } from "./config";
import type { Registrations } from "./registrations";
import type { Sight } from "./watcher";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The monitor's pages: what is known, and whether it can be relied on. They are read, never written. */
export class MonitorServer {
  readonly #server: Server;

  constructor(
    private readonly config: Pick<MonitorConfig, "mode" | "range" | "release">,
    private readonly registrations: Registrations,
    private readonly sight: () => Sight,
  ) {
    this.#server = createServer(
      // A page that somebody waits for longer than this is of no use.
      { requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 },
      (request, response) => this.#serve(request, response),
    );
    this.#server.maxConnections = 200;
    this.#server.setTimeout(10_000, (socket) => socket.destroy());
  }

  /** Listens, and gives the port. @throws Error with the place that is taken or cannot be had */
  listen({ address, port }: MonitorConfig["listen"]): Promise<number> {
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => reject(new Error(`HTTP at ${address} port ${port}: ${error.message}`));
      this.#server.once("error", refuse);
      this.#server.listen(port, address, () => {
        this.#server.off("error", refuse);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      send(response, { status: 405, body: { error: `${request.method} is not supported: GET or HEAD` } });
      return;
    }
    send(response, this.#answer((request.url ?? "/").split("?", 1)[0] as string));
  }

  #answer(path: string): Answer {
    if (path === "/healthz") return this.#health();
    if (path === "/registrations") return { status: 200, body: this.#all() };
    const dn = /^\/registrations\/([^/]+)$/.exec(path)?.[1];
    if (dn !== undefined) return this.#one(dn);
    return { status: 404, body: { error: "no such page: /registrations, /registrations/<dn>, /healthz" } };
  }

  #health(): Answer {
    const { live, state, reason } = this.sight();
    const { release } = this.config;
    return live
      ? { status: 200, body: { status: "ok", ami: state, release, warning: reason ?? undefined } }
      : { status: 503, body: { status: "unhealthy", ami: state, release, reason } };
  }

  #all() {
    const rows = this.registrations.rows();
    const { mode, range, release } = this.config;
    return {
      mode,
      range: `${range.from}-${range.to}`,
      release,
      asterisk: this.sight(),
      updatedAt: this.registrations.updatedAt,
      totals: this.registrations.totals(rows),
      rows,
    };
  }

  #one(dn: string): Answer {
    const row = this.registrations.row(dn);
    if (row !== undefined) {
      const { mode } = this.config;
      return { status: 200, body: { mode, asterisk: this.sight(), ...row } };
    }
    const { range } = this.config;
    const why = inRange(dn, range)
      ? `Asterisk knows no DN ${dn}`
      : `${JSON.stringify(dn.slice(0, 30))} is no DN of the monitored range ${range.from}-${range.to}`;
    return { status: 404, body: { error: why } };
  }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
  });
  // node:http leaves the body out of answers to HEAD.
  response.end(text);
}
