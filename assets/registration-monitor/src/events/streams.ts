import type { IncomingMessage, ServerResponse } from "node:http";
import { frame } from "../../../../lib/service";
import type { Feed, FeedMessage } from "./feed";

export interface StreamLimits {
  readonly clients: number;
  /** Bytes that a client has not taken yet: one that is so far behind is sent away, and comes back for the whole. */
  readonly unsent: number;
  /** Milliseconds between two signs of life. */
  readonly heartbeat: number;
}

const defaultLimits: StreamLimits = { clients: 50, unsent: 4 * 1024 * 1024, heartbeat: 15_000 };

export interface StreamMeter {
  refused(): void;
  slow(): void;
}

/** Server-sent events (HTML Standard, 9.2) for a bounded number of clients. */
export class EventStreams {
  readonly #clients = new Set<ServerResponse>();
  #unsubscribe?: () => void;
  #heart?: NodeJS.Timeout;

  constructor(
    private readonly feed: Feed,
    private readonly meter: StreamMeter,
    private readonly limits: StreamLimits = defaultLimits,
  ) {}

  get clients(): number {
    return this.#clients.size;
  }

  start(): void {
    this.#unsubscribe = this.feed.subscribe((message) => this.#send(frameOf(message)));
    this.#heart = setInterval(() => this.#send(alive()), this.limits.heartbeat);
  }

  /** @returns false: there are too many clients, and nothing was sent */
  serve(request: IncomingMessage, response: ServerResponse, since: string | undefined): boolean {
    if (this.#clients.size >= this.limits.clients) {
      this.meter.refused();
      return false;
    }
    // Such an answer has no end, and who reads it may be silent for ever.
    request.socket.setTimeout(0);
    request.socket.setNoDelay(true);
    request.socket.setKeepAlive(true, 30_000);
    response.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      // nginx must hand every event on at once.
      "X-Accel-Buffering": "no",
    });
    response.write(`retry: 2000\n${alive()}`);
    for (const text of this.#missed(since)) response.write(text);
    this.#clients.add(response);
    response.on("close", () => this.#clients.delete(response));
    return true;
  }

  /** Ends all streams; their clients come back by themselves. */
  close(): void {
    this.#unsubscribe?.();
    clearInterval(this.#heart);
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  /** What brings a client up to date that has everything up to `since`. */
  #missed(since: string | undefined): string[] {
    const version = frame("version", this.feed.version, { version: this.feed.version });
    if (since === undefined) return [version];
    const missed = this.feed.since(since);
    return missed === undefined ? [frame("reset", this.feed.version, {})] : missed.map(frameOf);
  }

  #send(text: string): void {
    for (const client of this.#clients) {
      client.write(text);
      if (client.writableLength <= this.limits.unsent) continue;
      this.meter.slow();
      this.#clients.delete(client);
      client.destroy();
    }
  }
}

function frameOf({ version, data }: FeedMessage): string {
  return data === undefined ? frame("reset", version, {}) : frame("delta", version, data);
}

/** An event and no comment, so that a page hears it too: it finds out that a connection is dead, and what time it is. */
function alive(): string {
  return frame("alive", undefined, { now: new Date().toISOString() });
}
