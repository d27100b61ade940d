/** One member of a tar archive, without its content. */
export interface TarEntry {
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of a file. */
  readonly size?: number;
  /** Where a symlink points. */
  readonly target?: string;
  /** Seconds since 1970. */
  readonly mtime?: number;
  /** Numeric owner and group. @default 0, root: who packs a build context must not change the image */
  readonly owner?: number;
  readonly group?: number;
}

const BLOCK = 512;
const TYPE = { file: "0", directory: "5", symlink: "2" } as const;

/** The end of an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/**
 * The header of a member (POSIX.1-2001: ustar, with a pax header in front where a name is too long for it or not ASCII).
 */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.type === "directory" ? `${entry.path.replace(/\/+$/, "")}/` : entry.path;
  const target = entry.target ?? "";
  const records = [
    ...(fits(path) ? [] : [paxRecord("path", path)]),
    ...(fits(target) ? [] : [paxRecord("linkpath", target)]),
    ...((entry.size ?? 0) < 8 ** 11 ? [] : [paxRecord("size", String(entry.size))]),
  ];
  const { owner, group } = entry;
  const main = ustar(
    path,
    target,
    TYPE[entry.type],
    entry.mode,
    entry.size ?? 0,
    entry.mtime ?? 0,
    owner,
    group,
  );
  if (records.length === 0) return main;
  const body = Buffer.concat(records);
  return Buffer.concat([
    ustar("PaxHeader", "", "x", 0o644, body.length, 0),
    body,
    tarPadding(body.length),
    main,
  ]);
}

/** What fills a content of this size up to a whole number of blocks. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** A whole archive of small files. */
export function tar(
  files: readonly { path: string; mode: number; content: Buffer; mtime?: number }[],
): Buffer {
  return Buffer.concat([
    ...files.flatMap(({ content, ...file }) => [
      tarHeader({ ...file, type: "file", size: content.length }),
      content,
      tarPadding(content.length),
    ]),
    TAR_END,
  ]);
}

function fits(name: string): boolean {
  return Buffer.byteLength(name) === name.length && name.length <= 100;
}

function ustar(
  path: string,
  target: string,
  type: string,
  mode: number,
  size: number,
  mtime: number,
  owner = 0,
  group = 0,
): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number, offset: number) =>
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "ascii");
  header.write(path.slice(0, 100), 0, 100, "utf8");
  octal(mode & 0o7777, 8, 100);
  octal(owner, 8, 108);
  octal(group, 8, 116);
  octal(size < 8 ** 11 ? size : 0, 12, 124);
  octal(Math.floor(mtime), 12, 136);
  header.write(" ".repeat(8), 148, "ascii");
  header.write(type, 156, "ascii");
  header.write(target.slice(0, 100), 157, 100, "utf8");
  header.write("ustar\u000000", 257, "ascii");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return header;
}

/** "length key=value\n", where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length > length) length += 1;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
