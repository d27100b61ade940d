import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { extract, type Header } from "tar-stream";
import { TAR_END, tarHeader, tarPadding } from "../docker-provider/tar";
import { OperatorError } from "../progress";
import { type DatabaseFacts, type Manifest, parseManifest } from "./manifest";
import type { TreeEntry } from "./tree";

/**
 * What is inside a backup, once it is decrypted: a tar archive of
 *
 *   format              one line, which says what this is
 *   environment.yaml    the environment file
 *   secrets/…           secrets.directory with its modes
 *   database.dump/…     pg_dump's custom format in pieces, because its length is known only when it has passed
 *   manifest.json       what all that is, with the hashes of its parts
 *
 * Nothing of the database is ever held as a whole, on either way.
 */

const FORMAT = "webrtc-genesys backup, format 1\n";
const ENVIRONMENT = "environment.yaml";
const SECRETS = "secrets/";
const DUMP = "database.dump";
const MANIFEST = "manifest.json";

/** Bytes of a piece of the dump. */
const PIECE = 1024 * 1024;

/** Bytes of what is held in memory when a backup is read. */
const LONGEST = { format: 1024, environment: 1024 * 1024, secret: 1024 * 1024, manifest: 64 * 1024 * 1024 };
const MOST_SECRETS = 256 * 1024 * 1024;

type Bytes = AsyncIterable<Uint8Array>;

export interface Sources {
  readonly environment: string;
  readonly time: Date;
  readonly project: string;
  readonly environmentFile: Buffer;
  readonly secrets: readonly TreeEntry[];
  readonly database: DatabaseFacts;
  readonly dump: Bytes;
}

/** The archive of a backup. @param done is told the manifest, when everything has passed */
export async function* writeArchive(sources: Sources, done: (manifest: Manifest) => void): Bytes {
  const mtime = sources.time.getTime() / 1000;
  const parts: Manifest["parts"] = [];
  const file = function* (path: string, content: Buffer, mode = 0o600) {
    yield tarHeader({ path, type: "file", mode, size: content.length, mtime });
    yield content;
    yield tarPadding(content.length);
  };
  const part = (name: string, content: Buffer) => {
    parts.push({ name, size: content.length, sha256: createHash("sha256").update(content).digest("hex") });
  };

  yield* file("format", Buffer.from(FORMAT));
  part(ENVIRONMENT, sources.environmentFile);
  yield* file(ENVIRONMENT, sources.environmentFile);
  for (const entry of sources.secrets) {
    const path = SECRETS + entry.path;
    if (entry.type === "directory") yield tarHeader({ path, type: "directory", mode: entry.mode, mtime });
    else {
      part(path, entry.content);
      yield* file(path, entry.content, entry.mode);
    }
  }
  const hash = createHash("sha256");
  let size = 0;
  let count = 0;
  for await (const piece of pieces(sources.dump)) {
    hash.update(piece);
    size += piece.length;
    yield* file(`${DUMP}/${String(count++).padStart(8, "0")}`, piece);
  }
  parts.push({ name: DUMP, size, sha256: hash.digest("hex") });
  const { environment, project, database } = sources;
  const manifest = { environment, time: sources.time.toISOString(), project, database, parts };
  yield* file(MANIFEST, Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`));
  yield TAR_END;
  done(manifest);
}

/** What a backup has besides the database's rows. */
export interface Contents {
  readonly manifest: Manifest;
  readonly environmentFile: string;
  readonly secrets: readonly TreeEntry[];
  /** Bytes of the dump. */
  readonly dumpSize: number;
}

/**
 * Reads a whole backup, and compares every part with the manifest.
 *
 * @throws OperatorError when it is none, of another format, or not what its manifest says
 */
export async function readArchive(plain: Bytes): Promise<Contents> {
  const found = new Map<string, { size: number; sha256: string }>();
  const secrets: TreeEntry[] = [];
  const dump = { hash: createHash("sha256"), size: 0 };
  let environmentFile = "";
  let manifest: Manifest | undefined;
  let secretsSize = 0;
  let first = true;
  for await (const { header, content } of entries(plain)) {
    const { name } = header;
    const whole = async (limit: number) => {
      const bytes = await collect(name, content, limit);
      if (name !== MANIFEST)
        found.set(name, { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
      return bytes;
    };
    if (first) {
      const format = name === "format" ? await collect(name, content, LONGEST.format) : "";
      if (String(format) !== FORMAT) throw new OperatorError(unknownFormat(String(format)));
      first = false;
    } else if (name === ENVIRONMENT) environmentFile = String(await whole(LONGEST.environment));
    else if (name === MANIFEST) manifest = parseManifest(String(await whole(LONGEST.manifest)));
    else if (name.startsWith(`${DUMP}/`)) {
      for await (const chunk of content) {
        dump.hash.update(chunk);
        dump.size += chunk.length;
      }
    } else if (name.startsWith(SECRETS)) {
      const path = name.slice(SECRETS.length).replace(/\/$/, "");
      const mode = (header.mode ?? 0) & 0o777;
      if (header.type === "directory") secrets.push({ path, type: "directory", mode });
      else {
        const bytes = await whole(LONGEST.secret);
        secretsSize += bytes.length;
        if (secretsSize > MOST_SECRETS) throw new OperatorError("it has more secrets than fit into memory");
        secrets.push({ path, type: "file", mode, content: bytes });
      }
    } else throw new OperatorError(`it has a part that nobody knows: ${name}`);
  }
  if (first) throw new OperatorError(unknownFormat(""));
  if (!manifest) throw new OperatorError("it has no manifest: it was not written to its end");
  found.set(DUMP, { size: dump.size, sha256: dump.hash.digest("hex") });
  compareParts(manifest, found);
  return { manifest, environmentFile, secrets, dumpSize: dump.size };
}

/** The dump of a backup, piece by piece. */
export async function* readDump(plain: Bytes): Bytes {
  for await (const { header, content } of entries(plain)) {
    if (header.name.startsWith(`${DUMP}/`)) yield* content;
  }
}

function unknownFormat(format: string): string {
  return format.startsWith("webrtc-genesys backup")
    ? `this project does not know its format ('${format.trim()}'): restore it with a newer version`
    : "it is encrypted with age, but no backup of this project";
}

function compareParts(
  { parts }: Manifest,
  found: ReadonlyMap<string, { size: number; sha256: string }>,
): void {
  const names = new Set([...parts.map(({ name }) => name), ...found.keys()]);
  const faulty = [...names].filter((name) => {
    const said = parts.find((part) => part.name === name);
    const is = found.get(name);
    return said?.sha256 !== is?.sha256 || said?.size !== is?.size;
  });
  if (faulty.length > 0)
    throw new OperatorError(`it is not what its manifest says: ${faulty.slice(0, 10).join(", ")}`);
}

async function collect(name: string, content: Bytes, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > limit) throw new OperatorError(`${name} in it is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* pieces(data: Bytes): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (let chunk of data) {
    while (size + chunk.length >= PIECE) {
      const room = PIECE - size;
      yield Buffer.concat([...parts, chunk.subarray(0, room)]);
      chunk = chunk.subarray(room);
      parts = [];
      size = 0;
    }
    if (chunk.length > 0) parts.push(chunk);
    size += chunk.length;
  }
  if (size > 0) yield Buffer.concat(parts);
}

interface Entry {
  readonly header: Header;
  /** Gone when the next entry is asked for. */
  readonly content: Bytes;
}

/**
 * The entries of a tar archive, to its very end: what comes last proves that nothing was cut off.
 *
 * @throws what reading it throws; OperatorError when it is no archive
 */
export async function* entries(archive: Bytes): AsyncGenerator<Entry> {
  const parser = extract();
  let fault: unknown;
  let ended = false;
  const source = Readable.from(
    (async function* () {
      for await (const chunk of archive) yield chunk;
      ended = true;
    })(),
    { objectMode: false },
  );
  source.on("error", (error) => {
    fault = error;
    parser.destroy(error);
  });
  source.pipe(parser);
  try {
    for await (const entry of parser) {
      yield { header: entry.header, content: entry as Bytes };
      // What nobody has read stands in the way of the next one.
      entry.resume();
    }
  } catch (error) {
    if (fault !== undefined) throw fault;
    throw new OperatorError(`it holds no whole tar archive (${(error as Error).message})`);
  } finally {
    source.destroy();
  }
  if (!ended) throw new OperatorError("something follows the end of its archive");
}
