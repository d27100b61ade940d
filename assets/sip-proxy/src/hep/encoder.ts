import { isIPv4, isIPv6 } from "node:net";
import { ipv6Groups } from "../../../../lib/service";
import type { Address } from "../../../../lib/sip";

/** A SIP message that was seen on its way. */
export interface Packet {
  /** A host name instead of an address is written as 0.0.0.0. */
  readonly from: Address;
  readonly to: Address;
  /** WebSocket is TCP. */
  readonly protocol: "UDP" | "TCP";
  readonly bytes: Buffer;
}

export interface Capture {
  /** Who says so: told from other capture agents by it. */
  readonly id: number;
  readonly password?: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Chunk types of HEP 3 that vendor 0 defines. */
const chunk = {
  family: 1,
  protocol: 2,
  source4: 3,
  destination4: 4,
  source6: 5,
  destination6: 6,
  sourcePort: 7,
  destinationPort: 8,
  seconds: 9,
  microseconds: 10,
  type: 11,
  captureId: 12,
  password: 14,
  payload: 15,
  correlationId: 17,
} as const;

const AF_INET = 2;
const AF_INET6 = 10;
const PROTOCOL = { TCP: 6, UDP: 17 } as const;
const SIP = 1;

/** Vendor, type and length. */
const CHUNK_HEADER = 6;

/** A HEP 3 packet: "HEP3", the length of all, and chunks, in network byte order. */
export function encodeHep(packet: Packet, payload: Buffer, correlationId: string, capture: Capture): Buffer {
  const { from, to, protocol } = packet;
  const six = isIPv6(from.address) || isIPv6(to.address);
  const address = six ? bytesOf6 : bytesOf4;
  const chunks = [
    encode(chunk.family, u8(six ? AF_INET6 : AF_INET)),
    encode(chunk.protocol, u8(PROTOCOL[protocol])),
    encode(six ? chunk.source6 : chunk.source4, address(from.address)),
    encode(six ? chunk.destination6 : chunk.destination4, address(to.address)),
    encode(chunk.sourcePort, u16(from.port)),
    encode(chunk.destinationPort, u16(to.port)),
    encode(chunk.seconds, u32(Math.floor(capture.at / 1000))),
    encode(chunk.microseconds, u32(Math.floor((capture.at % 1000) * 1000))),
    encode(chunk.type, u8(SIP)),
    encode(chunk.captureId, u32(capture.id)),
    ...(capture.password === undefined ? [] : [encode(chunk.password, Buffer.from(capture.password))]),
    ...(correlationId === "" ? [] : [encode(chunk.correlationId, Buffer.from(correlationId, "latin1"))]),
    encode(chunk.payload, payload),
  ];
  const length = chunks.reduce((sum, one) => sum + one.length, CHUNK_HEADER);
  return Buffer.concat([Buffer.from("HEP3"), u16(length), ...chunks], length);
}

function encode(type: number, value: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(CHUNK_HEADER + value.length);
  bytes.writeUInt16BE(0, 0);
  bytes.writeUInt16BE(type, 2);
  bytes.writeUInt16BE(bytes.length, 4);
  value.copy(bytes, CHUNK_HEADER);
  return bytes;
}

function bytesOf4(address: string): Buffer {
  return isIPv4(address) ? Buffer.from(address.split(".").map(Number)) : Buffer.alloc(4);
}

function bytesOf6(address: string): Buffer {
  const text = isIPv4(address) ? `::ffff:${address}` : address;
  if (!isIPv6(text)) return Buffer.alloc(16);
  return Buffer.concat(ipv6Groups(text).map(u16));
}

function u8(value: number): Buffer {
  return Buffer.from([value]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
