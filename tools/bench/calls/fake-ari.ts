import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

const APP = "callcenter";
const START = "2026-01-01T00:00:00.000+0000";

/** A channel of DN 1002 that calls 1003, as Asterisk's events show it. */
export function channelOf(id: string, state: "Ring" | "Up") {
  const party = (number: string) => ({ name: "", number });
  return {
    ...{ id, state, name: `PJSIP/1002-${id.slice(-8)}`, protocol_id: id, accountcode: "", language: "en" },
    ...{ caller: party("1002"), connected: party(""), creationtime: new Date().toISOString() },
    dialplan: {
      ...{ context: "agents", exten: "1003", priority: 2, app_name: "Stasis" },
      app_data: `${APP},internal,1003`,
    },
  };
}

/**
 * Asterisk's REST interface as far as call-control needs it for calls that Genesys carries: it says yes to whatever it
 * is told, and its events are sent by whoever measures.
 */
export class FakeAri {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#server });

  /** @returns the port at 127.0.0.1 */
  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  send(type: string, values: object): void {
    const event = { type, application: APP, timestamp: new Date().toISOString(), ...values };
    const text = JSON.stringify(event);
    for (const socket of this.#sockets.clients as Set<WebSocket>) socket.send(text);
  }

  start(id: string): void {
    this.send("StasisStart", { channel: channelOf(id, "Ring"), args: ["internal", "1003"] });
  }

  answer(id: string): void {
    this.send("ChannelStateChange", { channel: channelOf(id, "Up") });
  }

  end(id: string): void {
    const cause = { cause: 16, cause_txt: "Normal Clearing" };
    this.send("ChannelDestroyed", { channel: channelOf(id, "Up"), ...cause });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return; // The service has ended.
    }
    const path = new URL(request.url ?? "/", "http://ari").pathname.replace(/^\/ari/, "");
    const value = this.#told(`${request.method} ${path}`, Buffer.concat(chunks).toString());
    if (value === undefined) response.writeHead(204).end();
    else response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
  }

  #told(what: string, body: string): unknown {
    if (what === "GET /asterisk/info") {
      const status = { startup_time: START, last_reload_time: START };
      return { system: { version: "bench", entity_id: "bench" }, status };
    }
    if (what === "GET /channels" || what === "GET /bridges") return [];
    if (what === `POST /applications/${APP}/subscription`) {
      return { name: APP, channel_ids: [], bridge_ids: [], endpoint_ids: [] };
    }
    const [, userevent] = /^POST \/events\/user\/(.+)$/.exec(what) ?? [];
    if (userevent !== undefined) {
      const { variables } = JSON.parse(body) as { variables: object };
      this.send("ChannelUserevent", { eventname: userevent, userevent: variables });
    }
    const [, left] = /^POST \/channels\/([^/]+)\/continue$/.exec(what) ?? [];
    if (left !== undefined) this.send("StasisEnd", { channel: channelOf(left, "Ring") });
    return undefined;
  }
}
