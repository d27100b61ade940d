import { createServer, type Server, type Socket } from "node:net";
import type { Asterisk } from "./asterisk";

/** Asterisk's manager interface, as far as sip-proxy asks it: login, ping, and the list of contacts. */
export class Manager {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly asterisk: Asterisk) {
    this.server = createServer((socket) => this.serve(socket));
  }

  async listen(address: string): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, address, resolve));
    const bound = this.server.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.write("Asterisk Call Manager/11.0.0\r\n");
    let rest = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      const actions = (rest + text).split("\r\n\r\n");
      rest = actions.pop() ?? "";
      for (const action of actions) socket.write(this.answer(action), "latin1");
    });
  }

  private answer(action: string): string {
    const value = (name: string) => new RegExp(`^${name}: *(.*)$`, "im").exec(action)?.[1]?.trim() ?? "";
    const id = `ActionID: ${value("ActionID")}\r\n`;
    const success = `Response: Success\r\n${id}`;
    switch (value("Action").toLowerCase()) {
      case "challenge":
        return `${success}Challenge: 1\r\n\r\n`;
      case "login":
        return `${success}Message: Authentication accepted\r\n\r\nEvent: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n`;
      case "pjsipshowcontacts":
        return this.contacts(id);
      default:
        return `${success}\r\n`;
    }
  }

  private contacts(id: string): string {
    const { bindings } = this.asterisk;
    if (bindings.size === 0) return `Response: Error\r\n${id}Message: No Contacts found\r\n\r\n`;
    let list = `Response: Success\r\n${id}EventList: start\r\nMessage: A listing of Contacts follows\r\n\r\n`;
    for (const [dn, { uri, callId, expiresAt }] of bindings) {
      list +=
        `Event: ContactList\r\n${id}ObjectType: contact\r\nObjectName: ${dn};@${dn}\r\nUri: ${uri}\r\nEndpoint: ${dn}\r\n` +
        `Status: NonQualified\r\nCallId: ${callId}\r\nExpirationTime: ${Math.round(expiresAt / 1000)}\r\n\r\n`;
    }
    return `${list}Event: ContactListComplete\r\n${id}EventList: Complete\r\nListItems: ${bindings.size}\r\n\r\n`;
  }
}
