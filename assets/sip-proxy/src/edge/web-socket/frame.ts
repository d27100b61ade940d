import { randomFillSync } from "node:crypto";

/** RFC 6455 5.2 */
export const opcodes = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** Bytes of the longest head: two, a length of eight, a masking key. */
export const MAX_HEAD = 14;

/** Bytes of a control frame's payload at most (RFC 6455 5.5). */
export const MAX_CONTROL = 125;

/** Codes of RFC 6455 7.4.1 for a peer that doesn't keep to it. */
export const faultCodes = { protocol: 1002, notUtf8: 1007, tooBig: 1009 } as const;

/** Whether a close frame may have this code (RFC 6455 7.4): 1004 to 1006 and 1015 never stand in one. */
export function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}

/** A whole message, or a control frame, as one frame. @param masked a client has to mask what it sends (5.1) */
export function frameOf(opcode: number, payload: Buffer, masked: boolean): Buffer {
  const { length } = payload;
  const lengthBytes = length <= MAX_CONTROL ? 0 : length <= 0xffff ? 2 : 8;
  const head = 2 + lengthBytes + (masked ? 4 : 0);
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x80 | opcode;
  frame[1] = (masked ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  else if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  payload.copy(frame, head);
  if (masked) {
    randomFillSync(frame, head - 4, 4);
    mask(frame, head - 4, frame, head, length);
  }
  return frame;
}

/** @param code undefined: without one @param reason cut to what a close frame has room for */
export function closeFrame(code: number | undefined, reason: string, masked: boolean): Buffer {
  if (code === undefined) return frameOf(opcodes.close, Buffer.alloc(0), masked);
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return frameOf(opcodes.close, payload.subarray(0, MAX_CONTROL), masked);
}

/** What a masked frame says. @param keyAt where the masking key is; the payload follows it */
export function unmasked(bytes: Buffer, keyAt: number, length: number): Buffer {
  const payload = Buffer.allocUnsafe(length);
  bytes.copy(payload, 0, keyAt + 4, keyAt + 4 + length);
  mask(bytes, keyAt, payload, 0, length);
  return payload;
}

/** RFC 6455 5.3, in place. */
function mask(keyBytes: Buffer, keyAt: number, bytes: Buffer, from: number, length: number): void {
  const key0 = keyBytes[keyAt] as number;
  const key1 = keyBytes[keyAt + 1] as number;
  const key2 = keyBytes[keyAt + 2] as number;
  const key3 = keyBytes[keyAt + 3] as number;
  const end = from + length;
  let at = from;
  for (; at + 3 < end; at += 4) {
    bytes[at] = (bytes[at] as number) ^ key0;
    bytes[at + 1] = (bytes[at + 1] as number) ^ key1;
    bytes[at + 2] = (bytes[at + 2] as number) ^ key2;
    bytes[at + 3] = (bytes[at + 3] as number) ^ key3;
  }
  if (at < end) bytes[at] = (bytes[at] as number) ^ key0;
  if (at + 1 < end) bytes[at + 1] = (bytes[at + 1] as number) ^ key1;
  if (at + 2 < end) bytes[at + 2] = (bytes[at + 2] as number) ^ key2;
}
