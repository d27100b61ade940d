import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { PageFile } from "../../../lib/service";
import { inRange, type MonitorConfig } from "./config";
import type { EventStreams } from "./events/streams";
import type { Row } from "./rows";
import type { History } from "./timeline/timeline";
import type { Sight } from "./watcher";

/** What the pages show. */
export interface PageSource {
  sight(): Sight;
  /** JSON of all rows. */
  snapshot(): string;
  row(dn: string): Row | undefined;
  history(limit: number, before?: number, dn?: string): Promise<History>;
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  readonly streams: EventStreams;
  /** Path to file. */
  readonly page: ReadonlyMap<string, PageFile>;
}

interface Answer {
  readonly status: number;
  /** Text and bytes as they are, anything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Changes in one answer. */
const maxChanges = 500;

const PAGES = "/, /registrations, /registrations/<dn>, /changes, /events, /metrics, /healthz";

const common = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
};

/** The monitor's pages: what is known, and whether it can be relied on. They are read, never written. */
export class MonitorServer {
  readonly #server: Server;

  constructor(
    private readonly config: Pick<MonitorConfig, "mode" | "range" | "release">,
    private readonly source: PageSource,
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
    this.source.streams.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    for (const [name, value] of Object.entries(common)) response.setHeader(name, value);
    const [path = "/", search] = (request.url ?? "/").split("?", 2);
    const query = new URLSearchParams(search);
    if (path === "/events" && request.method === "GET") this.#stream(request, response, query);
    else {
      this.#answer(request.method ?? "", path, query).then(
        (answer) => send(response, answer),
        (error: Error) => send(response, { status: 500, body: { error: error.message } }),
      );
    }
  }

  #stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    const since = request.headers["last-event-id"] ?? query.get("since") ?? undefined;
    if (this.source.streams.serve(request, response, since?.toString())) return;
    send(response, { status: 503, body: { error: "too many pages are open" } });
  }

  async #answer(method: string, path: string, query: URLSearchParams): Promise<Answer> {
    if (method !== "GET" && method !== "HEAD") {
      const error = `${method} is not supported: GET or HEAD`;
      return { status: 405, body: { error }, headers: { Allow: "GET, HEAD" } };
    }
    const file = this.source.page.get(path);
    if (file !== undefined) return pageFile(file);
    switch (path) {
      case "/healthz":
        return this.#health();
      case "/registrations":
        return { status: 200, body: this.source.snapshot(), headers: { "Content-Type": json } };
      case "/changes":
        return this.#changes(query);
      case "/metrics": {
        const { type, text } = await this.source.metrics();
        return { status: 200, body: text, headers: { "Content-Type": type } };
      }
    }
    const dn = /^\/registrations\/([^/]+)$/.exec(path)?.[1];
    if (dn !== undefined) return this.#one(dn);
    return { status: 404, body: { error: `no such page: ${PAGES}` } };
  }

  #health(): Answer {
    const { live, state, reason } = this.source.sight();
    const { release } = this.config;
    return live
      ? { status: 200, body: { status: "ok", ami: state, release, warning: reason ?? undefined } }
      : { status: 503, body: { status: "unhealthy", ami: state, release, reason } };
  }

  async #changes(query: URLSearchParams): Promise<Answer> {
    const limit = numberIn(query, "limit", 1, maxChanges) ?? 100;
    const before = numberIn(query, "before", 0, Number.MAX_SAFE_INTEGER);
    const dn = query.get("dn") ?? undefined;
    if (Number.isNaN(limit) || Number.isNaN(before) || (dn !== undefined && !/^\d{1,20}$/.test(dn))) {
      const error = `changes take limit (1 to ${maxChanges}), before (an id) and dn (1 to 20 digits)`;
      return { status: 400, body: { error } };
    }
    return { status: 200, body: await this.source.history(limit, before, dn) };
  }

  #one(dn: string): Answer {
    const row = this.source.row(dn);
    if (row !== undefined) {
      const { mode } = this.config;
      return { status: 200, body: { mode, asterisk: this.source.sight(), ...row } };
    }
    const { range } = this.config;
    const why = inRange(dn, range)
      ? `Asterisk knows no DN ${dn}`
      : `${JSON.stringify(dn.slice(0, 30))} is no DN of the monitored range ${range.from}-${range.to}`;
    return { status: 404, body: { error: why } };
  }
}

const json = "application/json; charset=utf-8";

function pageFile({ type, body, immutable }: PageFile): Answer {
  const caching = immutable ? "public, max-age=31536000, immutable" : "no-cache";
  return { status: 200, body, headers: { "Content-Type": type, "Cache-Control": caching } };
}

/** undefined: not asked for; NaN: not a whole number between the two. */
function numberIn(query: URLSearchParams, name: string, from: number, to: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return number >= from && number <= to ? number : Number.NaN;
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === "string" ? body : `${JSON.stringify(body)}\n`);
  response.writeHead(status, { "Content-Type": json, "Content-Length": bytes.length, ...headers });
  // node:http leaves the body out of answers to HEAD.
  response.end(bytes);
}
