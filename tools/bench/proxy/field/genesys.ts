import { createSocket, type Socket } from "node:dgram";
import { dnOf, expiresOf, header, okTo } from "./messages";
import { udpOptions } from "./udp";

/** Milliseconds of a slot in the record of REGISTERs. */
const SLOT = 100;

/** What came in since the record was begun. */
export interface Record {
  readonly registers: number;
  /** The most REGISTERs within any second. */
  readonly peak: number;
}

/** Stands for Genesys SIP Server: answers each request with 200, and knows which DNs are registered. */
export class Genesys {
  /** Contacts by the DNs that are registered. */
  readonly registered = new Map<string, string>();
  /** DNs that a REGISTER came for since the record was begun. */
  readonly seen = new Set<string>();
  private socket: Socket | undefined;
  private slots = new Map<number, number>();
  private registers = 0;

  /** @param onRegister is told of each REGISTER once its answer has gone out */
  constructor(private readonly onRegister: (dn: string, expires: number) => void) {}

  async listen(address: string): Promise<number> {
    const socket = createSocket(udpOptions);
    this.socket = socket;
    socket.on("message", (bytes, { address: host, port }) => {
      const message = bytes.toString("latin1");
      if (message.startsWith("SIP/2.0")) return;
      const isRegister = message.startsWith("REGISTER ");
      const dn = isRegister ? dnOf(message) : "";
      socket.send(Buffer.from(okTo(message, this.registered.get(dn)), "latin1"), port, host);
      if (isRegister) this.register(dn, expiresOf(message), header(message, "Contact"));
    });
    await new Promise<void>((resolve) => socket.bind(0, address, resolve));
    return socket.address().port;
  }

  /** Begins the record anew. */
  reset(): void {
    this.seen.clear();
    this.slots = new Map();
    this.registers = 0;
  }

  get record(): Record {
    let peak = 0;
    for (const slot of this.slots.keys()) {
      let sum = 0;
      for (let next = slot; next < slot + 1000 / SLOT; next++) sum += this.slots.get(next) ?? 0;
      peak = Math.max(peak, sum);
    }
    return { registers: this.registers, peak };
  }

  close(): void {
    this.socket?.close();
  }

  private register(dn: string, expires: number | undefined, contact: string): void {
    this.count();
    if (expires === undefined) return;
    if (expires > 0) this.registered.set(dn, `${contact};expires=${expires}`);
    else this.registered.delete(dn);
    this.seen.add(dn);
    this.onRegister(dn, expires);
  }

  private count(): void {
    this.registers++;
    const slot = Math.floor(performance.now() / SLOT);
    this.slots.set(slot, (this.slots.get(slot) ?? 0) + 1);
  }
}
