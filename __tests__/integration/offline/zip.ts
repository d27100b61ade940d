import { crc32 } from "node:zlib";

/** A zip archive of one file, not compressed, with its permissions (APPNOTE.TXT 4.3). */
export function zip(file: {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}): Buffer {
  const path = Buffer.from(file.path);
  const { length } = file.content;
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt16LE(0x21, 8); // 1 January 1980
  common.writeUInt32LE(crc32(file.content), 10);
  common.writeUInt32LE(length, 14);
  common.writeUInt32LE(length, 18);
  common.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, path, file.content]);
  const attributes = Buffer.alloc(14);
  attributes.writeUInt32LE(((0o100000 | file.mode) << 16) >>> 0, 6);
  const central = Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 3]), common, attributes, path]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
