import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";

/** A file of the page as it is served. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  /** A file with the hash of its content in its name may be kept for good. */
  readonly immutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Bytes of all files together: they stay in memory. */
const maxSize = 4 * 1024 * 1024;

/**
 * Reads the page once: path to file, `/` for index.html. A directory that isn't there has none.
 * @throws Error when it is no page of ours
 */
export function readPage(directory: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return files;
  let size = 0;
  for (const name of readdirSync(directory)) {
    const type = types[extname(name)];
    if (type === undefined) throw new Error(`${join(directory, name)} is no file of a page`);
    const body = readFileSync(join(directory, name));
    size += body.length;
    if (size > maxSize) throw new Error(`${directory} has more than ${maxSize} bytes`);
    if (name === "index.html") files.set("/", { type, body, immutable: false });
    else files.set(`/${name}`, { type, body, immutable: /-[A-Z0-9]{8}\.\w+$/.test(name) });
  }
  return files;
}
