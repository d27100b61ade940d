import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Access } from "../../../assets/call-control/page/logic/access";
import type {
  AsteriskSight,
  Call,
  Campaign,
  Change,
  Minute,
  Recording,
} from "../../../assets/call-control/page/logic/messages";

/** What was asked of the API to change something. */
export interface Asked {
  readonly what: string;
  readonly body: unknown;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/** An error of the API: its status, and the sentence for the reader. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The built page at /calls/, and below /api/telephony/ an API with the answers of call-control's, out of memory. */
export class FakeApi {
  readonly keys = new Map<string, Access>();
  readonly live = new Map<string, Call>();
  readonly log: Call[] = [];
  readonly recordings = new Map<string, readonly Recording[]>();
  campaigns: Campaign[] = [];
  minutes: readonly Minute[] = [];
  readonly asked: Asked[] = [];
  asterisk: AsteriskSight = { live: true, reason: null };
  /** Throws what the next request for a change is refused with. */
  refuse: ((what: string) => void) | undefined;
  /** Whether streams are taken. */
  takesStreams = true;
  readonly #streams = new Set<ServerResponse>();
  readonly #server: Server;
  readonly #page = new Map<string, Buffer>();

  constructor(page: string) {
    for (const name of readdirSync(page)) this.#page.set(name, readFileSync(join(page, name)));
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Changes one live call, and tells everybody. */
  change(what: Change["what"], call: Call): void {
    if (call.status === "ended") {
      this.live.delete(call.id);
      this.log.unshift(call);
    } else this.live.set(call.id, call);
    this.#tell("change", { what, at: new Date().toISOString(), call });
  }

  /** As when a call goes on without the agent whose calls a key is for. */
  gone(call: Call): void {
    this.#tell("gone", { id: call.id });
  }

  alive(): void {
    this.#tell("alive", { now: new Date().toISOString(), asterisk: this.asterisk });
  }

  cut(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  #tell(event: string, data: unknown): void {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const stream of this.#streams) stream.write(text);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece;
    if (url.pathname.startsWith("/calls/")) return this.#file(url.pathname.slice(7), response);
    response.setHeader("Cache-Control", "no-store");
    try {
      const path = url.pathname.replace("/api/telephony/", "");
      if (path.startsWith("audio/")) return this.#audio(url, response);
      const access = this.keys.get(request.headers.authorization?.replace(/^Bearer /, "") ?? "");
      if (access === undefined) throw new Refused(401, "This key is not known, or it is not valid any more.");
      if (path === "events/") return this.#stream(response);
      const body = text === "" ? undefined : JSON.parse(text);
      const answer = this.#answer(`${request.method} ${path}`, url.searchParams, body, access);
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
    } catch (error) {
      const { status, message } = error as Refused;
      const code = status === 403 ? "FORBIDDEN" : "REFUSED";
      response.writeHead(status ?? 500, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ error: { code, message } }));
    }
  }

  #file(name: string, response: ServerResponse): void {
    const file = this.#page.get(name || "index.html");
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": types[extname(name || "index.html")],
      "Content-Security-Policy": policy,
    });
    response.end(file);
  }

  #stream(response: ServerResponse): void {
    if (!this.takesStreams) throw new Refused(503, "call-control is starting.");
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
    this.alive();
    const snapshot = {
      now: new Date().toISOString(),
      asterisk: this.asterisk,
      calls: [...this.live.values()],
    };
    response.write(`event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`);
  }

  #answer(request: string, query: URLSearchParams, body: unknown, access: Access): unknown {
    const [method = "", path = ""] = request.split(" ");
    const now = new Date().toISOString();
    const id = path.split("/")[1] ?? "";
    if (method !== "GET") {
      this.asked.push({ what: request, body });
      this.refuse?.(request);
    }
    if (path === "access/") return access;
    if (path === "calls/") return this.#logPage(query);
    if (path === "campaigns/") return { now, campaigns: this.campaigns };
    if (path.endsWith("/progress/")) return { now, minutes: this.minutes };
    if (path.endsWith("/url/")) return { url: `/api/telephony/audio/${id}?signature=s` };
    if (path.endsWith("/start/") || path.endsWith("/pause/")) {
      const state = path.endsWith("/start/") ? "running" : "paused";
      this.campaigns = this.campaigns.map((one) => (one.id === id ? { ...one, state } : one));
      return {};
    }
    if (method === "GET" && /^calls\/[^/]+\/$/.test(path)) {
      const call = this.live.get(id) ?? this.log.find((one) => one.id === id);
      if (call === undefined) throw new Refused(404, "There is no such call.");
      return { ...call, recordings: this.recordings.get(id) ?? [] };
    }
    return {};
  }

  #logPage(query: URLSearchParams): unknown {
    const at = Number(query.get("cursor") ?? 0);
    const limit = Number(query.get("limit"));
    const wants = (name: string, value: string | null) => (query.get(name) ?? value) === value;
    const number = query.get("number") ?? "";
    const found = this.log.filter(
      (call) =>
        (call.from_number.startsWith(number) || call.to_number.startsWith(number)) &&
        wants("agent", call.agent) &&
        wants("type", call.type) &&
        wants("outcome", call.outcome) &&
        call.started_at >= (query.get("from") ?? "") &&
        call.started_at < (query.get("to") ?? "9"),
    );
    return {
      calls: found.slice(at, at + limit),
      next: at + limit < found.length ? String(at + limit) : null,
    };
  }

  /** A second of a tone of 440 Hz: 8000 samples a second of 16 bits (RIFF WAVE). */
  #audio(url: URL, response: ServerResponse): void {
    const header = Buffer.alloc(44);
    const samples = Buffer.alloc(16_000);
    for (let n = 0; n < 8_000; n++)
      samples.writeInt16LE(Math.round(9_000 * Math.sin((n * 440 * 2 * Math.PI) / 8_000)), n * 2);
    header.write("RIFF", 0);
    header.writeUInt32LE(36 + samples.length, 4);
    header.write("WAVEfmt ", 8);
    header.writeUInt32LE(16, 16);
    header.writeUInt16LE(1, 20);
    header.writeUInt16LE(1, 22);
    header.writeUInt32LE(8_000, 24);
    header.writeUInt32LE(16_000, 28);
    header.writeUInt16LE(2, 32);
    header.writeUInt16LE(16, 34);
    header.write("data", 36);
    header.writeUInt32LE(samples.length, 40);
    const saved = url.searchParams.has("download");
    response.writeHead(200, {
      "Content-Type": "audio/wav",
      "Content-Length": 44 + samples.length,
      ...(saved && { "Content-Disposition": 'attachment; filename="call.wav"' }),
    });
    response.end(Buffer.concat([header, samples]));
  }
}
