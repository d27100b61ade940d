import { randomBytes } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import type { Environment } from "../../config";
import { root } from "../arguments";
import { TAR_END, tarHeader, tarPadding } from "../docker-provider/tar";
import { OperatorError } from "../progress";
import { entries } from "./archive";
import type { TreeEntry } from "./tree";

/** Bytes of one file, and of all of them: they are held in memory. */
const LONGEST = 1024 * 1024;
const MOST = 256 * 1024 * 1024;

/** Where the directory is in the carrier. */
const PLACE = "directory";

/**
 * A directory on the Docker host, wherever that is, through the engine only: it is mounted in a container that is never
 * started, of an image with nothing in it, and the engine's archive of that container reads and writes it. So it works on a
 * host that has no image yet, and no program runs that sees the files.
 */
export class HostDirectory {
  /**
   * @param path absolute
   * @param owner uid and gid of what is written
   */
  constructor(
    private readonly engine: Docker,
    private readonly environment: string,
    private readonly path: string,
    private readonly owner: { readonly uid: number; readonly gid: number },
  ) {}

  /**
   * Everything in it, with its modes; undefined when it isn't there.
   *
   * @throws OperatorError when it holds something else than files and directories
   */
  public async read(): Promise<TreeEntry[] | undefined> {
    const mount = { Type: "bind", Source: this.path, Target: `/${PLACE}`, ReadOnly: true } as const;
    try {
      return await this.carried({ Mounts: [mount] }, async (container) => {
        const archive = await container.getArchive({ path: `/${PLACE}` });
        return this.tree(archive as unknown as AsyncIterable<Uint8Array>);
      });
    } catch (error) {
      if (/bind source path does not exist/.test((error as Error).message)) return undefined;
      throw error;
    }
  }

  /** Writes these, and makes it where it isn't there. What else is in it stays. */
  public async write(tree: readonly TreeEntry[]): Promise<void> {
    const { uid: owner, gid: group } = this.owner;
    const mtime = Date.now() / 1000;
    const members = tree.flatMap((entry) => {
      const path = entry.path === "" ? PLACE : `${PLACE}/${entry.path}`;
      const common = { path, mode: entry.mode, mtime, owner, group };
      if (entry.type === "directory") return [tarHeader({ ...common, type: "directory" })];
      const { content } = entry;
      return [
        tarHeader({ ...common, type: "file", size: content.length }),
        content,
        tarPadding(content.length),
      ];
    });
    // By this way of mounting, the engine makes a directory that is missing.
    await this.carried({ Binds: [`${this.path}:/${PLACE}`] }, async (container) => {
      await container.putArchive(Readable.from([...members, TAR_END]), { path: "/" });
    });
  }

  private async carried<T>(
    mounts: Docker.HostConfig,
    work: (container: Docker.Container) => Promise<T>,
  ): Promise<T> {
    const repo = "webrtc-genesys/nothing";
    const tag = randomBytes(6).toString("hex");
    const image = `${repo}:${tag}`;
    const imported = await this.engine.importImage(Readable.from([TAR_END]), { repo, tag });
    await new Promise<void>((resolve, reject) => {
      this.engine.modem.followProgress(imported, (error: Error | null) =>
        error ? reject(error) : resolve(),
      );
    });
    try {
      const container = await this.engine.createContainer({
        name: `${this.environment}-carrier-${tag}`,
        Image: image,
        // It has to name something, and is never started.
        Cmd: ["nothing"],
        // So that `npm run destroy` removes what an interrupted run has left.
        Labels: { "webrtc-genesys.environment": this.environment },
        HostConfig: { NetworkMode: "none", ...mounts },
      });
      try {
        return await work(container);
      } finally {
        await container.remove({ force: true });
      }
    } finally {
      await this.engine.getImage(image).remove({ force: true });
    }
  }

  private async tree(archive: AsyncIterable<Uint8Array>): Promise<TreeEntry[]> {
    const tree: TreeEntry[] = [];
    let total = 0;
    for await (const { header, content } of entries(archive)) {
      const path = header.name.replace(/\/$/, "").slice(PLACE.length + 1);
      const mode = header.mode & 0o777;
      if (header.type === "directory") {
        tree.push({ path, type: "directory", mode });
        continue;
      }
      if (header.type !== "file") throw new OperatorError(this.noFile(path, header.type, header.linkname));
      total += header.size;
      if (header.size > LONGEST || total > MOST)
        throw new OperatorError(`${join(this.path, path)} is too large: files of at most 1 MiB are secrets`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      tree.push({ path, type: "file", mode, content: Buffer.concat(chunks) });
    }
    return tree.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  private noFile(path: string, type: string, target: string): string {
    const what = type === "symlink" ? `a symbolic link to ${target}` : `a ${type}`;
    return `${join(this.path, path)} on the Docker host is ${what}, whose content could not be taken along: put the file itself there`;
  }
}

/** `secrets.directory` of an environment. */
export function secretsDirectory(engine: Docker, { name, secrets }: Environment): HostDirectory {
  const { directory } = secrets;
  // One that is relative is on this machine, and belongs to who works here.
  if (!isAbsolute(directory)) {
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    return new HostDirectory(engine, name, join(root, directory), owner);
  }
  return new HostDirectory(engine, name, directory, { uid: 0, gid: 0 });
}
