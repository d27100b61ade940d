import { blame, EngineError, pause, unlessGone } from "../engine/engine";
import { Fault } from "../fault";
import { type Context, type Resource, settle } from "../resource";
import { schemas } from "../schema";
import {
  at,
  equivalent,
  labelBlocks,
  labels,
  mapAttributes,
  type State,
  stringMap,
  text,
  UNKNOWN,
} from "../value";

/** How long a volume's users may take to go away. */
const IN_USE_PATIENCE = 30_000;

interface VolumeInfo {
  Name: string;
  Driver: string;
  Mountpoint: string;
  Labels: Record<string, string> | null;
  Options: Record<string, string> | null;
}

const BLAME = [
  [/driver|plugin|option/i, "driver"],
  [/name/i, "name"],
] as const;

export const volume: Resource = {
  rules: {},

  async create(context, planned, keep) {
    const name = planned.name === UNKNOWN ? "" : text(planned.name);
    // The engine would hand out an existing volume as if it were new, and a later destroy would delete its data.
    if (name && (await inspect(context, name)))
      throw new Fault(
        `The volume ${name} exists already`,
        "It was not made by this configuration. Choose another name, or take it over with `terraform import`.",
        ["name"],
      );
    let info: VolumeInfo;
    try {
      info = await context.engine.request<VolumeInfo>("/volumes/create", {
        method: "POST",
        body: {
          Name: name || undefined,
          Driver: planned.driver === UNKNOWN ? undefined : text(planned.driver) || undefined,
          DriverOpts: stringMap(planned.driver_opts),
          Labels: labels(planned.labels),
        },
        signal: context.signal,
      });
    } catch (error) {
      throw blame(`The volume ${name} can't be created`, error, BLAME);
    }
    const state = settle(planned, observe(info));
    keep(state);
    return state;
  },

  async read(context, state) {
    const info = await inspect(context, text(state.id));
    if (!info) return null;
    const observed = observe(info);
    return mapAttributes(schemas.docker_volume.attributes, (name, attribute) => {
      const recorded = at(state, name);
      const now = at(observed, name);
      return equivalent(attribute, recorded, now) ? recorded : now;
    });
  },

  async update(_context, _prior, planned) {
    return planned;
  },

  async delete(context, state) {
    const name = text(state.id);
    const until = Date.now() + IN_USE_PATIENCE;
    for (;;) {
      try {
        await unlessGone(
          context.engine.request(`/volumes/${encodeURIComponent(name)}`, {
            method: "DELETE",
            query: { force: true },
            signal: context.signal,
          }),
        );
        return;
      } catch (error) {
        const inUse = error instanceof EngineError && error.status === 409;
        if (!inUse || Date.now() > until)
          throw blame(`The volume ${name} can't be removed`, error, [[/in use/, "name"]]);
        await pause(500, context.signal);
      }
    }
  },

  import: (id) => ({ id }),
};

function inspect({ engine, signal }: Context, name: string): Promise<VolumeInfo | undefined> {
  return unlessGone(engine.request<VolumeInfo>(`/volumes/${encodeURIComponent(name)}`, { signal }));
}

function observe(info: VolumeInfo): State {
  return {
    id: info.Name,
    name: info.Name,
    driver: info.Driver,
    driver_opts: info.Options ?? {},
    labels: labelBlocks(info.Labels),
    mountpoint: info.Mountpoint,
  };
}
