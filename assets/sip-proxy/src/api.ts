import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Wish } from "./forwarder/forwarder";
import type { RegistrationView } from "./views";

/** What the pages show and do. */
export interface ApiSource {
  /** What a client has to bring, in force now; without any, nobody gets in. */
  tokens(): ApiTokens;
  health(): { readonly ready: boolean; readonly body: unknown };
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  /** In the order of the DNs. */
  registrations(): readonly RegistrationView[];
  registration(dn: string): RegistrationView | undefined;
  fulfil(wish: Wish, dn: string): RegistrationView | { readonly status: 404 | 409; readonly error: string };
}

export interface ApiTokens {
  /** For every page. */
  readonly token?: string;
  /** For looking only. */
  readonly readToken?: string;
}

interface Answer {
  readonly status: number;
  /** Text as it is, anything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
}

const READ = "GET, HEAD";
const WISH = /^\/registrations\/([^/]+)\/(refresh|release|disable|enable)$/;
const PAGES =
  "no such page: /healthz, /metrics, /registrations, /registrations/<dn>, " +
  "POST /registrations/<dn>/refresh, /release, /disable or /enable";

/** The HTTP API: /healthz and /metrics for everybody, the rest for who has the token. For a loopback address. */
export class Api {
  private readonly server: Server;

  constructor(private readonly source: ApiSource) {
    this.server = createServer(
      { requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 },
      (request, response) => {
        request.resume();
        const { method = "", url = "/", headers } = request;
        const path = url.split("?", 1)[0] as string;
        void this.answer({ method, path, authorization: headers.authorization }).then(
          (answer) => send(response, answer),
          (error: Error) => send(response, { status: 500, body: { error: error.message } }),
        );
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

  private async answer({ method, path, authorization }: Question): Promise<Answer> {
    const { source } = this;
    const reads = method === "GET" || method === "HEAD";
    if (path === "/healthz" || path === "/metrics") {
      if (!reads) return notAllowed(method, READ);
      return path === "/healthz" ? this.health() : this.metrics();
    }
    const { token, readToken } = source.tokens();
    const mayAct = isBearer(authorization, token);
    if (!mayAct && !isBearer(authorization, readToken)) {
      const error = "this page needs 'Authorization: Bearer <token>' with the token of the configuration";
      return { status: 401, body: { error }, headers: { "WWW-Authenticate": "Bearer" } };
    }
    const [, dn, wish] = WISH.exec(path) ?? [];
    if (dn !== undefined) {
      if (method !== "POST") return notAllowed(method, "POST");
      if (!mayAct) return { status: 403, body: { error: "this token is for looking only" } };
      const outcome = source.fulfil(wish as Wish, dn);
      return "error" in outcome
        ? { status: outcome.status, body: { error: outcome.error } }
        : { status: 200, body: outcome };
    }
    return reads ? this.show(path) : notAllowed(method, READ);
  }

  private health(): Answer {
    const { ready, body } = this.source.health();
    return { status: ready ? 200 : 503, body };
  }

  private async metrics(): Promise<Answer> {
    const { type, text } = await this.source.metrics();
    return { status: 200, body: text, headers: { "Content-Type": type } };
  }

  private show(path: string): Answer {
    if (path === "/registrations")
      return { status: 200, body: { registrations: this.source.registrations() } };
    const dn = /^\/registrations\/([^/]+)$/.exec(path)?.[1];
    if (dn === undefined) return { status: 404, body: { error: PAGES } };
    const view = this.source.registration(dn);
    return view === undefined
      ? { status: 404, body: { error: `DN ${dn} is registered neither at Asterisk nor at Genesys` } }
      : { status: 200, body: view };
  }
}

function notAllowed(method: string, allow: string): Answer {
  return {
    status: 405,
    body: { error: `${method} is not supported here: ${allow}` },
    headers: { Allow: allow },
  };
}

/** In a time that tells nothing about the token. */
function isBearer(authorization: string | undefined, token: string | undefined): boolean {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined || given === undefined) return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(response.req.method === "HEAD" ? undefined : text);
}
