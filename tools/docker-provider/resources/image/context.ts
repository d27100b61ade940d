import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { TAR_END, tar, tarHeader, tarPadding } from "../../tar";
import { DockerIgnore } from "./dockerignore";

export interface BuildContext {
  /** Absolute path of a directory. */
  readonly directory: string;
  /** Path of the Dockerfile inside the context. */
  readonly dockerfile: string;
  /** Content of a Dockerfile that lies elsewhere and is to be added at that path. */
  readonly dockerfileContent?: Buffer;
}

/** The context as a tar archive, without what its .dockerignore names, in the order of the names. */
export function packContext(context: BuildContext): Readable {
  return Readable.from(archive(context), { objectMode: false });
}

async function* archive(context: BuildContext): AsyncGenerator<Buffer> {
  const ignore = new DockerIgnore(
    await readFile(join(context.directory, ".dockerignore"), "utf8").catch(() => ""),
  );
  // The engine needs these two even where the rules leave them out.
  const kept = new Set([".dockerignore", context.dockerfile]);
  yield* pack(context.directory, "", ignore, kept);
  if (context.dockerfileContent)
    yield tar([{ path: context.dockerfile, mode: 0o644, content: context.dockerfileContent }]).subarray(
      0,
      -TAR_END.length,
    );
  yield TAR_END;
}

async function* pack(
  root: string,
  directory: string,
  ignore: DockerIgnore,
  kept: ReadonlySet<string>,
): AsyncGenerator<Buffer> {
  for (const name of (await readdir(join(root, directory))).sort()) {
    const path = directory ? `${directory}/${name}` : name;
    const file = join(root, path);
    const stats = await lstat(file);
    const excluded = ignore.excludes(path) && !kept.has(path);
    const common = { path, mode: stats.mode & 0o7777, mtime: stats.mtimeMs / 1000 };
    if (stats.isDirectory()) {
      if (!excluded) yield tarHeader({ ...common, type: "directory" });
      const keptInside = [...kept].some((item) => item.startsWith(`${path}/`));
      if (!excluded || ignore.hasExceptions || keptInside) yield* pack(root, path, ignore, kept);
    } else if (excluded) {
    } else if (stats.isSymbolicLink()) {
      yield tarHeader({ ...common, type: "symlink", target: await readlink(file) });
    } else if (stats.isFile()) {
      yield tarHeader({ ...common, type: "file", size: stats.size });
      yield* content(file, stats.size);
    }
    // Sockets, pipes and devices have no place in an image.
  }
}

/** Exactly the announced number of bytes: a file that is written to meanwhile must not break the archive. */
async function* content(file: string, size: number): AsyncGenerator<Buffer> {
  let sent = 0;
  if (size > 0)
    for await (const chunk of createReadStream(file, { end: size - 1 })) {
      sent += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  if (sent < size) throw new Error(`${file} became shorter while it was read`);
  yield tarPadding(size);
}
