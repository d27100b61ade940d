import { readFile } from "node:fs/promises";
import { Fault } from "../../fault";
import type { Context } from "../../resource";
import { tar } from "../../tar";
import { blocks, type State, text } from "../../value";
import { resolvePath } from "../../working-directory";

/** Puts the upload blocks' files into a container that has not started yet, in one archive. */
export async function upload(context: Context, id: string, state: State): Promise<void> {
  const files = await Promise.all(
    blocks(state.upload).map(async (item) => ({
      path: text(item.file).replace(/^\/+/, ""),
      mode: modeOf(item),
      content: await contentOf(item, context),
      mtime: Date.now() / 1000,
    })),
  );
  if (files.length === 0) return;
  await context.engine.request(`/containers/${id}/archive`, {
    method: "PUT",
    query: { path: "/" },
    archive: tar(files),
    signal: context.signal,
  });
}

/** The permission bits of an upload block. */
export function modeOf(item: State): number {
  const permissions = text(item.permissions);
  if (permissions) return Number.parseInt(permissions, 8);
  return item.executable === true ? 0o744 : 0o644;
}

async function contentOf(item: State, context: Context): Promise<Buffer> {
  if (typeof item.content_base64 === "string" && item.content_base64 !== "")
    return Buffer.from(item.content_base64, "base64");
  if (typeof item.source === "string" && item.source !== "") {
    const path = await resolvePath(item.source, context.surroundings, ["upload"]);
    try {
      return await readFile(path);
    } catch (error) {
      throw new Fault(`The source of ${text(item.file)} can't be read`, (error as Error).message, ["upload"]);
    }
  }
  return Buffer.from(text(item.content));
}
