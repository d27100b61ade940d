import { blame, unlessGone } from "../../engine/engine";
import { type Context, type Resource, settle } from "../../resource";
import { blocks, type State, strings, text } from "../../value";
import { build } from "./build";
import { ensureImage, type ImageInfo, inspectImage, repoDigest } from "./pull";

const BLAME = [
  [/being used by|conflict/i, "name"],
  [/invalid reference|No such image/i, "name"],
] as const;

export const image: Resource = {
  rules: {},

  async create(context, planned) {
    const name = text(planned.name);
    const options = blocks(planned.build)[0];
    if (options) await build(context, name, options);
    const info = await ensureImage(context, name, text(planned.platform), ["name"]);
    return settle(planned, observe(name, info));
  },

  async read(context, state) {
    const name = text(state.name);
    const info = await inspectImage(context, name);
    return info ? { ...state, ...observe(name, info) } : null;
  },

  async update(context, _prior, planned) {
    const name = text(planned.name);
    return {
      ...planned,
      ...observe(name, await ensureImage(context, name, text(planned.platform), ["name"])),
    };
  },

  async delete(context, state) {
    if (state.keep_locally === true) return;
    const id = text(state.image_id);
    const names = [text(state.name), ...blocks(state.build).flatMap((options) => strings(options.tag))];
    // A name that was given to another image meanwhile is no longer this one's to remove.
    const own: string[] = [];
    for (const name of names) {
      const info = await inspectImage(context, name);
      if (info && (info.Id === id || !id)) own.push(name);
    }
    for (const name of own) await remove(context, name, state.force_remove === true);
  },
};

async function remove({ engine, signal }: Context, name: string, force: boolean): Promise<void> {
  try {
    await unlessGone(
      engine.request(`/images/${encodeURI(name)}`, { method: "DELETE", query: { force }, signal }),
    );
  } catch (error) {
    throw blame(`The image ${name} can't be removed`, error, BLAME);
  }
}

function observe(name: string, info: ImageInfo): State {
  return { id: info.Id + name, image_id: info.Id, repo_digest: repoDigest(name, info) };
}
