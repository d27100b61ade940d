import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RegistrationView } from "./views";

export interface ApiSource {
  health(): { readonly ready: boolean; readonly body: unknown };
  /** In the order of the DNs. */
  registrations(): readonly RegistrationView[];
  registration(dn: string): RegistrationView | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** GET /healthz, /registrations and /registrations/<dn>. It asks nobody for a password: for a loopback address. */
export class Api {
  private readonly server: Server;

  constructor(private readonly source: ApiSource) {
    this.server = createServer(
      { requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 },
      (request, response) => {
        request.resume();
        send(response, this.answer(request.method ?? "", (request.url ?? "/").split("?", 1)[0] as string));
      },
    );
    this.server.maxConnections = 100;
    // An answer that nobody reads is given up.
    this.server.setTimeout(10_000, (socket) => socket.destroy());
  }

  /** Listens, and gives the port. */
  listen(address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => reject(new Error(`HTTP at ${address} port ${port}: ${error.message}`));
      this.server.once("error", refuse);
      this.server.listen(port, address, () => {
        this.server.off("error", refuse);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private answer(method: string, path: string): Answer {
    if (method !== "GET" && method !== "HEAD") {
      return { status: 405, body: { error: `${method} is not supported: GET or HEAD` } };
    }
    if (path === "/healthz") {
      const { ready, body } = this.source.health();
      return { status: ready ? 200 : 503, body };
    }
    if (path === "/registrations")
      return { status: 200, body: { registrations: this.source.registrations() } };
    const dn = /^\/registrations\/([^/]+)$/.exec(path)?.[1];
    if (dn === undefined) {
      return { status: 404, body: { error: "no such page: /healthz, /registrations, /registrations/<dn>" } };
    }
    const view = this.source.registration(dn);
    return view === undefined
      ? { status: 404, body: { error: `DN ${dn} is registered neither at Asterisk nor at Genesys` } }
      : { status: 200, body: view };
  }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...(status === 405 ? { Allow: "GET, HEAD" } : {}),
  });
  response.end(response.req.method === "HEAD" ? undefined : text);
}
