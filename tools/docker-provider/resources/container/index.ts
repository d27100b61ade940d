import { nanoseconds } from "../../duration";
import { blame, EngineError, isGone, pause, unlessGone } from "../../engine/engine";
import { type Context, type Resource, settle } from "../../resource";
import { schemas } from "../../schema";
import { at, blocks, equivalent, integer, mapAttributes, type State, text } from "../../value";
import { ensureImage } from "../image/pull";
import { BLAME } from "./blame";
import { createBody, networkConnections, updateBody } from "./config";
import { attach, awaitHealthy, awaitRunning } from "./lifecycle";
import { type ContainerInfo, observeAll, observeLive, observePorts } from "./observe";
import { rules } from "./rules";
import { upload } from "./upload";

const REMOVAL_DEADLINE = 60_000;

export const container: Resource = {
  rules,

  async create(context, planned, keep) {
    const { engine, signal } = context;
    const name = text(planned.name);
    await demandApi(context, planned);
    await ensureImage(context, text(planned.image), "", ["image"]);
    const id = await step(planned, `The container ${name} can't be created`, async () => {
      const created = await engine.request<{ Id: string }>("/containers/create", {
        method: "POST",
        query: { name },
        body: createBody(planned),
        signal,
      });
      return created.Id;
    });
    keep({ ...planned, id });
    await step(planned, `The container ${name} can't be connected to its networks`, () =>
      joinNetworks(context, id, planned),
    );
    await step(planned, `The files of container ${name} can't be uploaded`, () =>
      upload(context, id, planned),
    );
    let outcome: State = {};
    if (planned.start !== false) {
      await step(planned, `The container ${name} can't be started`, () =>
        engine.request(`/containers/${id}/start`, { method: "POST", signal }),
      );
      if (planned.wait === true) await awaitHealthy(context, id, planned);
      if (planned.attach === true) outcome = await attach(context, id, planned);
      if (planned.must_run !== false) await awaitRunning(context, id, planned);
    }
    const info = await inspect(context, id);
    const observed = info ? observeAll(info, planned) : {};
    // The engine removes a container with `rm` when its process ends: then the outcome is all that is left of it.
    const state = settle({ ...planned, id }, { ...observed, ...outcome });
    return { ...state, ports: info ? (observed.ports ?? []) : (planned.ports ?? []) };
  },

  async read(context, state) {
    const deadline = integer(state.container_read_refresh_timeout_milliseconds) || undefined;
    const info = await inspect(context, text(state.id), deadline);
    if (!info) return null;
    if (state.name === null) return imported(info);
    const observed = observeLive(info, state);
    return mapAttributes(schemas.docker_container.attributes, (name, attribute) => {
      const recorded = at(state, name);
      const now = at(observed, name);
      // 0 is a status, and not the same as none.
      if (name === "exit_code") return now;
      return name in observed && !equivalent(attribute, recorded, now) ? now : recorded;
    });
  },

  async update(context, prior, planned) {
    const id = text(planned.id);
    const { attributes } = schemas.docker_container;
    const changed = UPDATABLE.some((name) => {
      const attribute = attributes[name];
      return attribute && !equivalent(attribute, at(prior, name), at(planned, name));
    });
    if (changed)
      await step(planned, `The container ${text(planned.name)} can't be changed`, () =>
        context.engine.request(`/containers/${id}/update`, {
          method: "POST",
          body: updateBody(planned),
          signal: context.signal,
        }),
      );
    if (prior.start === false && planned.start !== false)
      await step(planned, `The container ${text(planned.name)} can't be started`, () =>
        context.engine.request(`/containers/${id}/start`, { method: "POST", signal: context.signal }),
      );
    return planned;
  },

  async delete(context, state) {
    const { engine, signal } = context;
    const id = text(state.id);
    const name = text(state.name);
    await step(state, `The container ${name} can't be removed`, async () => {
      const grace = integer(state.destroy_grace_seconds) || integer(state.stop_timeout);
      if (state.attach !== true && grace > 0)
        await unlessGone(
          engine.request(`/containers/${id}/stop`, {
            method: "POST",
            query: { t: grace },
            deadline: grace * 1000 + REMOVAL_DEADLINE,
            signal,
          }),
        );
      try {
        await engine.request(`/containers/${id}`, {
          method: "DELETE",
          query: { force: true, v: state.remove_volumes !== false },
          signal,
        });
      } catch (error) {
        const underWay = error instanceof EngineError && /already in progress/.test(error.message);
        if (!isGone(error) && !underWay) throw error;
      }
      await gone(context, id);
    });
  },

  import: (id) => ({ id }),
};

/** What the engine's "update a container" takes. */
const UPDATABLE = [
  "restart",
  "max_retry_count",
  "memory",
  "memory_swap",
  "cpu_shares",
  "cpu_set",
  "cpu_period",
  "cpu_quota",
] as const;

function inspect(
  { engine, signal }: Context,
  id: string,
  deadline?: number,
): Promise<ContainerInfo | undefined> {
  return unlessGone(
    engine.request<ContainerInfo>(`/containers/${encodeURIComponent(id)}/json`, { signal, deadline }),
  );
}

/** Attributes that an older engine would take and ignore. */
async function demandApi({ engine, signal }: Context, planned: State): Promise<void> {
  if (blocks(planned.healthcheck).some((check) => nanoseconds(text(check.start_interval)) > 0))
    await engine.demand("1.44", "healthcheck.start_interval", signal);
  if (blocks(planned.mounts).some((mount) => blocks(mount.volume_options).some((item) => text(item.subpath))))
    await engine.demand("1.45", "mounts.volume_options.subpath", signal);
  if (text(planned.cgroupns_mode)) await engine.demand("1.41", "cgroupns_mode", signal);
}

/** The bridge that the engine gives every container makes place for the networks that are named. */
async function joinNetworks({ engine, signal }: Context, id: string, planned: State): Promise<void> {
  const connections = networkConnections(planned);
  if (connections.length === 0) return;
  try {
    await engine.request("/networks/bridge/disconnect", { method: "POST", body: { Container: id }, signal });
  } catch (error) {
    if (!(error instanceof EngineError && /not connected to (the )?network/.test(error.message))) throw error;
  }
  for (const { network, endpoint } of connections)
    await engine.request(`/networks/${encodeURIComponent(network)}/connect`, {
      method: "POST",
      body: { Container: id, EndpointConfig: endpoint },
      signal,
    });
}

function imported(info: ContainerInfo): State {
  const defaults = Object.fromEntries(
    Object.entries(schemas.docker_container.attributes).map(([name, attribute]) => [
      name,
      attribute.default ?? null,
    ]),
  );
  return { ...defaults, ...observeAll(info, {}), ports: observePorts(info) };
}

async function gone(context: Context, id: string): Promise<void> {
  const until = Date.now() + REMOVAL_DEADLINE;
  while (await inspect(context, id)) {
    if (Date.now() > until) throw new EngineError("it is still there a minute after its removal", 0);
    await pause(100, context.signal);
  }
}

async function step<T>(state: State, summary: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw blame(summary, error, BLAME, state);
  }
}
