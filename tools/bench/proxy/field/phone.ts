import { connect, type Socket } from "node:net";
import { registerOf } from "./messages";
import { CLOSE, FrameReader, frameOf, handshake, PING, PONG, TEXT } from "./websocket";

/** Where the proxy listens. */
export interface Edge {
  readonly host: string;
  readonly port: number;
}

export interface PhoneEvents {
  /** 200 to its REGISTER or un-REGISTER. */
  accepted(phone: Phone): void;
  closed(phone: Phone): void;
}

/** All phones read into one buffer: a chunk is dealt with before the next one is read. */
const buffer = Buffer.allocUnsafe(65_536);

/** A browser phone: one WebSocket, one DN, one request under way at a time. */
export class Phone {
  /** What it last asked for. */
  wantsRegistration = false;
  /** Since the request under way was sent: 200 seen here, REGISTER seen at Genesys. */
  accepted = false;
  forwarded = false;
  /** When the request under way was due, by performance.now(); undefined while there is none. */
  dueAt: number | undefined;
  private socket: Socket | undefined;
  private cseq = 0;
  private readonly host: string;
  private readonly callId: string;

  constructor(
    readonly dn: string,
    private readonly localAddress: string,
    private readonly events: PhoneEvents,
  ) {
    this.host = `${Number(dn).toString(36).padStart(12, "x")}.invalid`;
    this.callId = `c${dn}${"k".repeat(14)}`;
  }

  get connected(): boolean {
    return this.socket !== undefined;
  }

  /** Connects and shakes hands. Rejects when that fails. */
  connect({ host, port }: Edge, deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const reader = new FrameReader((opcode, text) => this.read(opcode, text));
      let head: string | undefined = "";
      const fail = (why: string) => {
        clearTimeout(timer);
        socket.destroy();
        reject(new Error(`${this.dn}: ${why}`));
      };
      const data = (chunk: Buffer) => {
        if (head === undefined) return reader.push(chunk);
        head += chunk.toString("latin1");
        const end = head.indexOf("\r\n\r\n") + 4;
        if (end < 4) return;
        if (!head.startsWith("HTTP/1.1 101")) return fail(head.slice(0, head.indexOf("\r\n")));
        const rest = head.slice(end);
        head = undefined;
        clearTimeout(timer);
        this.socket = socket;
        resolve();
        if (rest !== "") reader.push(Buffer.from(rest, "latin1"));
      };
      const socket = connect({
        host,
        port,
        localAddress: this.localAddress,
        noDelay: true,
        onread: {
          buffer,
          callback: (size) => {
            data(buffer.subarray(0, size));
            return true;
          },
        },
      });
      const timer = setTimeout(() => fail("no answer to the handshake"), deadline);
      socket.once("connect", () => socket.write(handshake(`${host}:${port}`)));
      socket.on("error", (error) => fail(error.message));
      socket.on("close", () => {
        fail("closed");
        if (this.socket !== socket) return;
        this.socket = undefined;
        this.dueAt = undefined;
        this.events.closed(this);
      });
    });
  }

  /** Sends a REGISTER or, with `expires` 0, an un-REGISTER. */
  request(expires: number, dueAt: number): void {
    const { dn, host, callId } = this;
    this.wantsRegistration = expires > 0;
    this.accepted = false;
    this.forwarded = false;
    this.dueAt = dueAt;
    this.socket?.write(frameOf(registerOf({ dn, host, callId, cseq: ++this.cseq, expires }), true));
  }

  close(): void {
    this.socket?.destroy();
  }

  private read(opcode: number, text: string): void {
    if (opcode === PING) this.socket?.write(frameOf(text, true, PONG));
    else if (opcode === CLOSE) this.socket?.end(frameOf(text, true, CLOSE));
    else if (opcode === TEXT && this.isAnswer(text)) {
      this.accepted = true;
      this.events.accepted(this);
    }
  }

  private isAnswer(text: string): boolean {
    return (
      this.dueAt !== undefined &&
      !this.accepted &&
      text.startsWith("SIP/2.0 200") &&
      text.includes(`CSeq: ${this.cseq} REGISTER`)
    );
  }
}
