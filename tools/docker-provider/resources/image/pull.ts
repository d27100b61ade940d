import { blame, unlessGone } from "../../engine/engine";
import { Fault, type Path } from "../../fault";
import type { Context } from "../../resource";
import { registryOf } from "./credentials";
import { progress } from "./progress";

export interface ImageInfo {
  Id: string;
  RepoDigests: string[] | null;
}

export function inspectImage({ engine, signal }: Context, name: string): Promise<ImageInfo | undefined> {
  return unlessGone(engine.request<ImageInfo>(`/images/${encodeURI(name)}/json`, { signal }));
}

/**
 * The image, from the engine or else from its registry.
 *
 * @throws Fault at `path` when neither has it
 */
export async function ensureImage(
  context: Context,
  name: string,
  platform: string,
  path: Path,
): Promise<ImageInfo> {
  const local = await inspectImage(context, name);
  if (local) return local;
  if (/^sha256:/.test(name))
    throw new Fault(
      `The engine has no image ${name}`,
      "An image id can't be pulled: name the image, or build it.",
      path,
    );
  const failed = (reason: string) =>
    new Fault(`The image ${name} is not on the engine and can't be pulled`, reason, path);
  try {
    const stream = await context.engine.stream("/images/create", {
      method: "POST",
      query: { ...reference(name), platform: platform || undefined },
      auth: context.credentials.get(registryOf(name)),
      deadline: 0,
      signal: context.signal,
    });
    for await (const { error, errorDetail } of progress(stream))
      if (error) throw failed(errorDetail?.message ?? error);
  } catch (error) {
    const fault = blame("", error, []);
    throw error instanceof Fault ? error : failed(fault.detail);
  }
  const pulled = await inspectImage(context, name);
  if (!pulled) throw failed("The pull ended without an image of that name.");
  return pulled;
}

/** What is pulled; without a tag it would be every tag. */
export function reference(name: string): { fromImage: string; tag?: string } {
  if (name.includes("@")) return { fromImage: name };
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  return colon < 0
    ? { fromImage: name, tag: "latest" }
    : { fromImage: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** The digest under which a registry knows the image; "" for one that was only built here. */
export function repoDigest(name: string, info: ImageInfo): string {
  const digests = info.RepoDigests ?? [];
  const repository = name.split(":")[0] ?? name;
  return digests.find((digest) => digests.length > 1 && digest.startsWith(repository)) ?? digests[0] ?? "";
}
