import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import {
  type Address,
  DigestServer,
  type Flow,
  type IncomingRequest,
  parseFrame,
  SipRequest,
  type Transport,
  type TransportEvents,
  UserAgent,
} from "../../../lib/sip";

/** The server's side of SIP over WebSocket: one transport, a flow per client. */
class WebSocketListener extends EventEmitter<TransportEvents> implements Transport {
  public readonly protocol = "WS";
  public readonly reliable = true;
  public readonly handshakes: IncomingMessage[] = [];
  private readonly http = createServer();
  private readonly sockets = new Map<Flow, WebSocket>();

  public async listen(): Promise<void> {
    const server = new WebSocketServer({
      server: this.http,
      handleProtocols: (offered) => (offered.has("sip") ? "sip" : false),
    });
    server.on("connection", (socket, request) => this.accept(socket, request));
    await new Promise<void>((resolve) => this.http.listen(0, "127.0.0.1", resolve));
  }

  public get local(): Address {
    const { address, port } = this.http.address() as AddressInfo;
    return { address, port };
  }

  public flowTo(): Flow {
    throw new Error("a WebSocket client can't be called back");
  }

  public async send(bytes: Buffer, flow: Flow): Promise<void> {
    const socket = this.sockets.get(flow);
    if (!socket) throw new Error("that client is gone");
    socket.send(bytes, { binary: false });
  }

  /** Cuts every connection, without a closing handshake. */
  public cut(): void {
    for (const socket of this.sockets.values()) socket.terminate();
  }

  public async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private accept(socket: WebSocket, request: IncomingMessage): void {
    const { remoteAddress = "", remotePort = 0 } = request.socket;
    const flow: Flow = {
      transport: this,
      local: this.local,
      remote: { address: remoteAddress, port: remotePort },
    };
    this.handshakes.push(request);
    this.sockets.set(flow, socket);
    socket.on("message", (data) => {
      const { message } = parseFrame(data as Buffer);
      if (message) this.emit("message", message, flow);
    });
    socket.on("close", () => {
      this.sockets.delete(flow);
      this.emit("flowClosed", flow, undefined);
    });
  }
}

export const REALM = "test";
export const PASSWORD = "secret";

/** A registrar with digest over WebSocket, and an agent that calls the phones that registered. */
export class WebSocketSwitch {
  /** What to do with requests other than REGISTER, once they are authenticated. */
  public onRequest: (incoming: IncomingRequest) => void = (incoming) => void incoming.respond(501);
  public readonly agent: UserAgent;
  /** Contact and way of each DN. */
  public readonly bindings = new Map<string, { contact: string; flow: Flow }>();

  private constructor(private readonly listener: WebSocketListener) {
    this.agent = new UserAgent({ transports: [listener], onRequest: (incoming) => this.receive(incoming) });
  }

  public static async start(): Promise<WebSocketSwitch> {
    const listener = new WebSocketListener();
    await listener.listen();
    return new WebSocketSwitch(listener);
  }

  public get url(): string {
    return `ws://127.0.0.1:${this.listener.local.port}/ws`;
  }

  public get handshakes(): IncomingMessage[] {
    return this.listener.handshakes;
  }

  public get contact(): string {
    return `sip:switch@127.0.0.1:${this.listener.local.port};transport=ws`;
  }

  /** A request to a phone, outside any dialog. */
  public request(
    dn: string,
    method: string,
    headers: [string, string][] = [],
    body?: string,
  ): [SipRequest, Flow] {
    const binding = this.bindings.get(dn);
    if (!binding) throw new Error(`${dn} is not registered`);
    const request = SipRequest.create({
      method,
      uri: binding.contact,
      headers: [
        ["From", "<sip:1003@test>;tag=1"],
        ["To", `<sip:${dn}@test>`],
        ["Call-ID", `${method}-${Math.random()}`],
        ["CSeq", `1 ${method}`],
        ["Contact", `<${this.contact}>`],
        ...headers,
      ],
      body,
    });
    return [request, binding.flow];
  }

  public cut(): void {
    this.listener.cut();
  }

  public async stop(): Promise<void> {
    this.agent.close();
    await this.listener.close();
  }

  private readonly digest = new DigestServer({ realm: REALM, password: () => PASSWORD });

  private receive(incoming: IncomingRequest): void {
    const { request, flow, dialog } = incoming;
    if (!dialog) {
      const verdict = this.digest.verify(request);
      if (!verdict.ok) {
        incoming.respond(401, { headers: verdict.challenges });
        return;
      }
    }
    if (request.method !== "REGISTER") {
      this.onRequest(incoming);
      return;
    }
    const contact = request.contacts[0];
    if (typeof contact !== "object") {
      incoming.respond(400);
      return;
    }
    const dn = (request.to.uri.match(/sip:(\d+)@/) ?? [])[1] ?? "";
    const expires = contact.expires ?? request.expires ?? 600;
    if (expires === 0) this.bindings.delete(dn);
    else this.bindings.set(dn, { contact: contact.uri, flow });
    const bound = this.bindings.has(dn) ? [["Contact", `<${contact.uri}>;expires=300`] as const] : [];
    incoming.respond(200, { headers: bound });
  }
}
