import { isUtf8 } from "node:buffer";
import { faultCodes, isSendable, MAX_CONTROL, MAX_HEAD, opcodes, unmasked } from "./frame";

/** What comes out of a reader. */
export interface FrameHandler {
  /**
   * A whole message, unmasked.
   * @param frames as they came, in one piece, ready to be sent to another peer of the same side
   */
  message(payload: Buffer, binary: boolean, frames: Buffer): void;
  ping(payload: Buffer): void;
  pong(): void;
  /** @param code 1005 where the peer gave none (RFC 6455 7.1.5) */
  closing(code: number, reason: string): void;
  /** The peer doesn't keep to RFC 6455, or to the limit: nothing more is read. @param code to close with */
  fault(code: number, why: string): void;
}

class Fault extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

const NO_STATUS = 1005;

/** Bytes that a frame is given at first that comes in pieces: its announced length is not to be believed. */
const FIRST_PIECE = 1024;

/**
 * Reads the frames of one direction of a WebSocket (RFC 6455 5) without extensions.
 *
 * It stands here instead of the library's because a tunnel has no need to take frames apart and put them together
 * again: a phone's masked frame is a valid frame for Asterisk, and Asterisk's is one for the phone.
 */
export class FrameReader {
  /** The start of a frame whose end has not come, and how much of it is there. */
  private partial: Buffer | undefined;
  private filled = 0;
  /** Frames of a message whose last one has not come. */
  private fragments:
    | { readonly frames: Buffer[]; readonly payloads: Buffer[]; readonly binary: boolean }
    | undefined;
  private fragmentBytes = 0;
  private ended = false;

  /**
   * @param masked whether the peer has to mask, as a client (5.1)
   * @param maxMessage bytes
   */
  constructor(
    private readonly masked: boolean,
    private readonly maxMessage: number,
    private readonly handler: FrameHandler,
  ) {}

  /** Calls the handler for everything that is complete. What comes after a close or a fault is not read. */
  push(chunk: Buffer): void {
    if (this.ended) return;
    try {
      for (let at = this.complete(chunk); at < chunk.length && !this.ended; ) {
        const length = this.frameLength(chunk, at, chunk.length);
        if (at + length > chunk.length) {
          this.keep(chunk, at, length);
          return;
        }
        this.frame(chunk, at, length);
        at += length;
      }
    } catch (error) {
      this.stop();
      if (!(error instanceof Fault)) throw error;
      this.handler.fault(error.code, error.message);
    }
  }

  /** Reads nothing more. */
  stop(): void {
    this.ended = true;
    this.partial = undefined;
    this.fragments = undefined;
  }

  /** Completes the frame that began in an earlier chunk. @returns where the next one begins */
  private complete(chunk: Buffer): number {
    let at = 0;
    while (this.partial !== undefined) {
      const length = this.frameLength(this.partial, 0, this.filled);
      if (this.filled >= length) {
        const whole = this.partial;
        this.partial = undefined;
        this.frame(whole, 0, length);
        return at;
      }
      if (at === chunk.length) return at;
      this.makeRoom(length);
      const end = Math.min(at + length - this.filled, at + this.partial.length - this.filled, chunk.length);
      chunk.copy(this.partial, this.filled, at, end);
      this.filled += end - at;
      at = end;
    }
    return at;
  }

  private keep(chunk: Buffer, at: number, length: number): void {
    this.filled = chunk.length - at;
    this.partial = Buffer.allocUnsafe(Math.min(length, Math.max(FIRST_PIECE, this.filled)));
    chunk.copy(this.partial, 0, at);
  }

  /** Doubles: so a byte at a time costs no more than twice its frame. */
  private makeRoom(length: number): void {
    const { partial, filled } = this;
    if (partial === undefined || filled < partial.length) return;
    this.partial = Buffer.allocUnsafe(Math.min(length, Math.max(FIRST_PIECE, 2 * filled)));
    partial.copy(this.partial, 0, 0, filled);
  }

  /** Bytes of the frame that begins there, or as many as have to be there before that is known. */
  private frameLength(bytes: Buffer, at: number, end: number): number {
    if (end - at < 2) return 2;
    const second = bytes[at + 1] as number;
    this.check(bytes[at] as number, second);
    const short = second & 0x7f;
    const head = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (this.masked ? 4 : 0);
    if (end - at < head) return head;
    const payload =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (payload > this.maxMessage)
      throw new Fault(faultCodes.tooBig, `a message of more than ${this.maxMessage} bytes`);
    return head + payload;
  }

  /** The first two bytes of a frame (5.2, 5.4, 5.5). */
  private check(first: number, second: number): void {
    if ((first & 0x70) !== 0) refuse("an extension that was not agreed on");
    if (second >> 7 !== (this.masked ? 1 : 0))
      refuse(this.masked ? "a frame without a mask" : "a masked frame");
    const opcode = first & 0x0f;
    if (opcode >= opcodes.close) {
      if (opcode > opcodes.pong) refuse(`opcode ${opcode}`);
      if (first < 0x80 || (second & 0x7f) > MAX_CONTROL) refuse("a control frame in pieces, or too long");
      if (opcode === opcodes.close && (second & 0x7f) === 1) refuse("a close with half a code");
    } else if (opcode > opcodes.binary) refuse(`opcode ${opcode}`);
    else if ((opcode === opcodes.continuation) !== (this.fragments !== undefined)) {
      refuse("a message within another, or a continuation of none");
    }
  }

  private frame(bytes: Buffer, at: number, length: number): void {
    const first = bytes[at] as number;
    const opcode = first & 0x0f;
    const last = first >= 0x80;
    const short = (bytes[at + 1] as number) & 0x7f;
    const keyAt = at + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    const end = at + length;
    const payload = this.masked ? unmasked(bytes, keyAt, end - keyAt - 4) : bytes.subarray(keyAt, end);
    if (opcode >= opcodes.close) {
      this.control(opcode, payload);
      return;
    }
    const frames = bytes.subarray(at, end);
    if (last && this.fragments === undefined) this.message(payload, opcode === opcodes.binary, frames);
    else this.fragment(payload, opcode === opcodes.binary, frames, last);
  }

  /** A message in pieces is kept until it is whole: nobody sends any, but everybody may (5.4). */
  private fragment(payload: Buffer, binary: boolean, frames: Buffer, last: boolean): void {
    this.fragments ??= { frames: [], payloads: [], binary };
    this.fragmentBytes += frames.length;
    // Their heads count, for a piece may be empty.
    if (this.fragmentBytes > this.maxMessage + MAX_HEAD) {
      throw new Fault(faultCodes.tooBig, `a message of more than ${this.maxMessage} bytes`);
    }
    this.fragments.frames.push(Buffer.from(frames));
    this.fragments.payloads.push(Buffer.from(payload));
    if (!last) return;
    const whole = this.fragments;
    this.fragments = undefined;
    this.fragmentBytes = 0;
    this.message(Buffer.concat(whole.payloads), whole.binary, Buffer.concat(whole.frames));
  }

  private message(payload: Buffer, binary: boolean, frames: Buffer): void {
    // Asterisk is ours, and what it sends is checked by the phone.
    if (this.masked && !binary && !isUtf8(payload))
      throw new Fault(faultCodes.notUtf8, "text that is no UTF-8");
    this.handler.message(payload, binary, frames);
  }

  private control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.handler.ping(payload);
    else if (opcode === opcodes.pong) this.handler.pong();
    else this.close(payload);
  }

  private close(payload: Buffer): void {
    if (payload.length === 0) {
      this.stop();
      this.handler.closing(NO_STATUS, "");
      return;
    }
    const code = payload.readUInt16BE();
    if (!isSendable(code)) refuse(`a close with code ${code}`);
    const reason = payload.subarray(2);
    if (!isUtf8(reason)) throw new Fault(faultCodes.notUtf8, "a reason that is no UTF-8");
    this.stop();
    this.handler.closing(code, reason.toString());
  }
}

function refuse(why: string): never {
  throw new Fault(faultCodes.protocol, why);
}
