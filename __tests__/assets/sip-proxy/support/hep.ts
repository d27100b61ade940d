import { createSocket } from "node:dgram";
import { once } from "node:events";

/** Reads a HEP 3 packet by the layout of its chunks. */
export function decodeHep(bytes: Buffer): Record<string, string | number> {
  if (bytes.toString("latin1", 0, 4) !== "HEP3" || bytes.readUInt16BE(4) !== bytes.length)
    throw new Error("no HEP 3 packet");
  const chunks = new Map<number, Buffer>();
  for (let at = 6; at < bytes.length; ) {
    const length = bytes.readUInt16BE(at + 4);
    if (bytes.readUInt16BE(at) !== 0 || length < 6 || at + length > bytes.length)
      throw new Error("bad chunk");
    chunks.set(bytes.readUInt16BE(at + 2), bytes.subarray(at + 6, at + length));
    at += length;
  }
  const need = (type: number) => {
    const chunk = chunks.get(type);
    if (chunk === undefined) throw new Error(`no chunk ${type}`);
    return chunk;
  };
  const family = need(1).readUInt8();
  const address = (type: number) =>
    family === 2
      ? [...need(type)].join(".")
      : Array.from({ length: 8 }, (_, group) =>
          need(type + 2)
            .readUInt16BE(2 * group)
            .toString(16),
        ).join(":");
  const [password, correlationId] = [chunks.get(14), chunks.get(17)];
  return {
    family,
    protocol: need(2).readUInt8(),
    from: `${address(3)}:${need(7).readUInt16BE()}`,
    to: `${address(4)}:${need(8).readUInt16BE()}`,
    at: need(9).readUInt32BE() * 1000 + need(10).readUInt32BE() / 1000,
    type: need(11).readUInt8(),
    captureId: need(12).readUInt32BE(),
    payload: need(15).toString(),
    ...(password && { password: password.toString() }),
    ...(correlationId && { correlationId: correlationId.toString() }),
  };
}

/** A capture server that keeps what it gets. */
export async function captureServer() {
  const socket = createSocket("udp4");
  const packets: Record<string, string | number>[] = [];
  socket.on("message", (bytes) => packets.push(decodeHep(bytes)));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { packets, port: socket.address().port, close: () => socket.close() };
}
