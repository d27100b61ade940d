import { createHash } from "node:crypto";

/** Opcodes of RFC 6455 5.2. */
export const TEXT = 0x1;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** One mask for all frames: what it is makes no difference to the work of the one who takes it off. */
const MASK = Buffer.from([0x5a, 0xc3, 0x17, 0x9e]);

/**
 * A frame of RFC 6455 5.2. The bench has its own framing, with no more in it than it needs: what it spends isn't
 * there for the proxy's load.
 */
export function frameOf(text: string, masked: boolean, opcode = TEXT): Buffer {
  const { length } = text;
  const head = (length < 126 ? 2 : 4) + (masked ? 4 : 0);
  const frame = Buffer.allocUnsafe(head + length);
  const maskBit = masked ? 0x80 : 0;
  frame[0] = 0x80 | opcode;
  if (length < 126) frame[1] = maskBit | length;
  else {
    frame[1] = maskBit | 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, head, "latin1");
  if (masked) {
    MASK.copy(frame, head - 4);
    unmask(frame, head, head + length, MASK);
  }
  return frame;
}

function unmask(bytes: Buffer, from: number, to: number, mask: Buffer): void {
  for (let at = from, index = 0; at < to; at++, index++) {
    bytes[at] = (bytes[at] as number) ^ (mask[index & 3] as number);
  }
}

/** Cuts frames out of a byte stream. A chunk is read where it is and may be overwritten afterwards. */
export class FrameReader {
  private rest: Buffer | undefined;

  constructor(private readonly onFrame: (opcode: number, text: string) => void) {}

  push(chunk: Buffer): void {
    const bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    for (;;) {
      const next = this.read(bytes, at);
      if (next === at) break;
      at = next;
    }
    this.rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
  }

  /** @returns where the next frame begins; `from`, when this one isn't whole yet */
  private read(bytes: Buffer, from: number): number {
    if (bytes.length < from + 2) return from;
    const second = bytes[from + 1] as number;
    let length = second & 0x7f;
    let at = from + 2;
    if (length === 127) throw new Error("the bench has no frames above 64 KiB");
    if (length === 126) {
      if (bytes.length < from + 4) return from;
      length = bytes.readUInt16BE(from + 2);
      at += 2;
    }
    const masked = (second & 0x80) !== 0;
    const payload = masked ? at + 4 : at;
    const end = payload + length;
    if (bytes.length < end) return from;
    if (masked) unmask(bytes, payload, end, bytes.subarray(at, payload));
    this.onFrame((bytes[from] as number) & 0x0f, bytes.toString("latin1", payload, end));
    return end;
  }
}

/** Headers of a client's handshake for SIP (RFC 7118 4.1). */
export const handshake = (host: string): string =>
  `GET /ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n";

/** The answer to a client's handshake (RFC 6455 4.2.2). */
export function acceptance(head: string): string {
  const key = /^Sec-WebSocket-Key:\s*(\S+)/im.exec(head)?.[1] ?? "";
  const proof = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${proof}\r\nSec-WebSocket-Protocol: sip\r\n\r\n`
  );
}
