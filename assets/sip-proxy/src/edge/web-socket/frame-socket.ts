import type { Socket } from "node:net";
import { closeFrame, frameOf, isSendable, opcodes } from "./frame";
import { type FrameHandler, FrameReader } from "./frame-reader";

/** Milliseconds that a peer has to answer a close, before the connection is cut. */
const CLOSE_TIMEOUT = 2_000;

const ABNORMAL = 1006;

/** What the owner of a socket hears of it. */
export interface SocketOwner {
  /** @param frames as they came: what a socket to the other side sends on */
  message(payload: Buffer, binary: boolean, frames: Buffer): void;
  /** A ping or pong: the peer is alive. */
  sign(): void;
  /** Once. The peer's code and reason; 1005: it gave none; 1006: it went without a word. */
  closed(code: number, reason: string): void;
}

/** A socket whose listeners find what it belongs to: thousands of them need no closures. */
type OwnedSocket = Socket & { frames?: FrameSocket };

/**
 * One end of an open WebSocket, whose frames come and go as they are (RFC 6455). Whoever opened the connection is the
 * client, and masks what it sends.
 */
export class FrameSocket implements FrameHandler {
  private readonly reader: FrameReader;
  private state: "open" | "closing" | "closed" = "open";
  private told = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param maxMessage bytes */
  constructor(
    private readonly socket: Socket,
    private readonly end: "server" | "client",
    maxMessage: number,
    private readonly owner: SocketOwner,
  ) {
    this.reader = new FrameReader(end === "server", maxMessage, this);
    (socket as OwnedSocket).frames = this;
    socket.setNoDelay(true);
    socket.setTimeout(0);
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  get isOpen(): boolean {
    return this.state === "open";
  }

  /** Bytes that wait for the peer to read. */
  get unsent(): number {
    return this.socket.writableLength;
  }

  /** Reads bytes that came behind the handshake. */
  push(chunk: Buffer): void {
    this.reader.push(chunk);
  }

  /** Whole frames, masked or not as this end has to. They must not be changed afterwards. */
  send(frames: Buffer): void {
    if (this.state === "open") this.socket.write(frames);
  }

  /** A message of our own. */
  sendMessage(payload: Buffer, binary: boolean): void {
    this.send(frameOf(binary ? opcodes.binary : opcodes.text, payload, this.end === "client"));
  }

  sendPing(): void {
    this.send(frameOf(opcodes.ping, Buffer.alloc(0), this.end === "client"));
  }

  /** Asks the peer to close, and cuts the connection if it doesn't. Idempotent. */
  close(code: number, reason = ""): void {
    if (this.state !== "open") return;
    this.socket.write(closeFrame(isSendable(code) ? code : undefined, reason, this.end === "client"));
    this.leave();
  }

  /** Cuts the connection. */
  terminate(): void {
    this.socket.destroy();
  }

  message(payload: Buffer, binary: boolean, frames: Buffer): void {
    if (this.state === "open") this.owner.message(payload, binary, frames);
  }

  ping(payload: Buffer): void {
    this.send(frameOf(opcodes.pong, payload, this.end === "client"));
    this.owner.sign();
  }

  pong(): void {
    this.owner.sign();
  }

  closing(code: number, reason: string): void {
    this.close(code);
    // RFC 6455 7.1.1: the server ends the connection first.
    if (this.end === "server") this.socket.end();
    this.tell(code, reason);
  }

  fault(code: number, why: string): void {
    this.close(code, why);
    this.socket.end();
    this.tell(code, why);
  }

  /** The peer will send no more, and said no word of it. */
  ended(): void {
    if (this.state === "open") this.leave();
    this.socket.end();
    this.tell(ABNORMAL, "");
  }

  /** The connection is gone. */
  gone(): void {
    this.state = "closed";
    clearTimeout(this.timer);
    this.reader.stop();
    this.tell(ABNORMAL, "");
  }

  private leave(): void {
    this.state = "closing";
    this.timer = setTimeout(() => this.terminate(), CLOSE_TIMEOUT);
  }

  private tell(code: number, reason: string): void {
    if (this.told) return;
    this.told = true;
    this.owner.closed(code, reason);
  }
}

function onData(this: Socket, chunk: Buffer): void {
  (this as OwnedSocket).frames?.push(chunk);
}

function onEnd(this: Socket): void {
  (this as OwnedSocket).frames?.ended();
}

/** A `close` follows. */
function onError(this: Socket): void {
  this.destroy();
}

function onClose(this: Socket): void {
  (this as OwnedSocket).frames?.gone();
}
