import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log } from "../log";

/** A request that is at fault: what is wrong goes to the client as JSON. */
export class ApiError extends Error {
  constructor(
    public readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface ApiRequest {
  /** The part of the path that the route's `*` stands for; "" when it has none. */
  readonly name: string;
  readonly query: URLSearchParams;
  /** The body's JSON; throws ApiError when there is none. */
  readonly json: () => unknown;
}

// "GET /calls", "DELETE /registrations/*", "POST /calls/*/events": JSDoc would end there.
/** Method and path to what gives the answer's JSON; undefined is 204. */
export type Routes = Readonly<Record<string, (request: ApiRequest) => unknown>>;

const MAX_BODY = 64 * 1024;
const MAX_CONNECTIONS = 64;

/** A small JSON API over HTTP/1.1. */
export class HttpApi {
  private constructor(
    private readonly server: Server,
    private readonly routes: Routes,
    private readonly log: Log,
  ) {
    server.on("request", (request, response) => void this.answer(request, response));
  }

  /** Rejects when the address can't be bound. */
  public static async listen(
    { address, port }: { address: string; port: number },
    routes: Routes,
    log: Log,
  ): Promise<HttpApi> {
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000, keepAliveTimeout: 5000 });
    server.maxConnections = MAX_CONNECTIONS;
    const api = new HttpApi(server, routes, log);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, () => {
        server.off("error", reject);
        resolve();
      });
    });
    return api;
  }

  /** "http://127.0.0.1:8090" */
  public get url(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  public async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const result = await this.handle(request);
      send(response, result === undefined ? 204 : 200, result);
    } catch (error) {
      if (!(error instanceof ApiError)) {
        this.log.error({ err: error }, `${request.method} ${request.url} failed`);
        send(response, 500, { error: error instanceof Error ? error.message : String(error) });
        return;
      }
      // What is left of a body that was refused unread would be taken for the next request.
      if (error.status === 413) response.shouldKeepAlive = false;
      send(response, error.status, { error: error.message });
    }
  }

  private async handle(request: IncomingMessage): Promise<unknown> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const { handler, name } = this.route(request.method ?? "GET", url.pathname);
    const body = await read(request);
    return handler({
      name,
      query: url.searchParams,
      json: () => parse(body, request.headers["content-type"]),
    });
  }

  private route(method: string, path: string): { handler: Routes[string]; name: string } {
    const allowed: string[] = [];
    for (const [route, handler] of Object.entries(this.routes)) {
      const [verb = "", pattern = ""] = route.split(" ");
      const name = match(pattern, path);
      if (name === undefined) continue;
      if (verb === method) return { handler, name };
      allowed.push(verb);
    }
    if (allowed.length > 0)
      throw new ApiError(405, `${method} ${path}: only ${allowed.join(", ")} can be done here`);
    const known = [...new Set(Object.keys(this.routes))].join(", ");
    throw new ApiError(404, `${path} is nothing here; there are ${known}`);
  }
}

/** What `*` stands for in a path that fits the pattern, one segment of it; undefined when it doesn't fit. */
function match(pattern: string, path: string): string | undefined {
  const [prefix = "", suffix] = pattern.split("*");
  if (suffix === undefined) return pattern === path ? "" : undefined;
  if (!path.startsWith(prefix) || !path.endsWith(suffix)) return undefined;
  const name = path.slice(prefix.length, path.length - suffix.length);
  return name !== "" && !name.includes("/") ? decode(name) : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ApiError(400, `'${text}' is not well-formed in a URL`);
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new ApiError(413, `a body may have ${MAX_BODY} bytes at most`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(body: string, contentType: string | undefined): unknown {
  // A page in a browser can't send this type to another origin without asking first.
  if (contentType?.split(";")[0]?.trim().toLowerCase() !== "application/json") {
    throw new ApiError(415, "the body must be JSON: send it with Content-Type: application/json");
  }
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new ApiError(400, `the body is not JSON: ${(error as Error).message}`);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  response
    .writeHead(status, { "Content-Type": "application/json" })
    .end(`${JSON.stringify(body, null, 2)}\n`);
}
