import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { dnOf, expiresOf, header, okTo } from "./messages";
import { udpOptions } from "./udp";
import { acceptance, CLOSE, FrameReader, frameOf, PING, PONG, TEXT } from "./websocket";

/** A contact that a REGISTER over WebSocket made. */
export interface Binding {
  readonly uri: string;
  readonly callId: string;
  readonly expiresAt: number;
  readonly connection: Socket;
}

export interface Ports {
  readonly ws: number;
  readonly udp: number;
}

/** Stands for Asterisk: answers each REGISTER with 200, over WebSocket and over UDP, and knows who is registered. */
export class Asterisk {
  readonly bindings = new Map<string, Binding>();
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private udp: UdpSocket | undefined;

  async listen(address: string): Promise<Ports> {
    this.server = createServer({ noDelay: true }, (socket) => this.serve(socket));
    // Asterisk's own backlog is 10; here the proxy is what is measured.
    await new Promise<void>((resolve) =>
      this.server?.listen({ host: address, port: 0, backlog: 1024 }, resolve),
    );
    this.udp = createSocket(udpOptions);
    this.udp.on("message", (bytes, { address: host, port }) => {
      const message = bytes.toString("latin1");
      if (!message.startsWith("SIP/2.0")) this.udp?.send(Buffer.from(okTo(message), "latin1"), port, host);
    });
    await new Promise<void>((resolve) => this.udp?.bind(0, address, resolve));
    return { ws: portOf(this.server.address()), udp: portOf(this.udp.address()) };
  }

  close(): void {
    this.server?.close();
    this.udp?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    const dns = new Set<string>();
    const reader = new FrameReader((opcode, text) => {
      if (opcode === TEXT) this.request(socket, text, dns);
      else if (opcode === PING) socket.write(frameOf(text, false, PONG));
      else if (opcode === CLOSE) socket.end(frameOf(text, false, CLOSE));
    });
    let head: string | undefined = "";
    socket.on("data", (chunk) => {
      if (head === undefined) return reader.push(chunk);
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n") + 4;
      if (end < 4) return;
      socket.write(acceptance(head));
      const rest = head.slice(end);
      head = undefined;
      if (rest !== "") reader.push(Buffer.from(rest, "latin1"));
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.connections--;
      this.sockets.delete(socket);
      // As Asterisk does: a contact goes with the connection that it came on.
      for (const dn of dns) if (this.bindings.get(dn)?.connection === socket) this.bindings.delete(dn);
    });
  }

  private request(socket: Socket, message: string, dns: Set<string>): void {
    if (message.startsWith("SIP/2.0")) return;
    socket.write(frameOf(okTo(message), false));
    if (!message.startsWith("REGISTER ")) return;
    const dn = dnOf(message);
    const expires = expiresOf(message);
    if (expires === undefined) return;
    if (expires === 0) {
      this.bindings.delete(dn);
      return;
    }
    dns.add(dn);
    const contact = header(message, "Contact");
    this.bindings.set(dn, {
      uri: contact.slice(1, contact.indexOf(">")),
      callId: header(message, "Call-ID"),
      expiresAt: Date.now() + expires * 1000,
      connection: socket,
    });
  }
}

function portOf(address: ReturnType<Server["address"]>): number {
  if (typeof address !== "object" || address === null) throw new Error("the listener is gone");
  return address.port;
}
