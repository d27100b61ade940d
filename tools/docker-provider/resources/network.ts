import { blame, EngineError, pause, unlessGone } from "../engine/engine";
import { type Context, type Resource, settle } from "../resource";
import { schemas } from "../schema";
import {
  at,
  blocks,
  equivalent,
  labelBlocks,
  labels,
  mapAttributes,
  type State,
  stringMap,
  text,
  UNKNOWN,
} from "../value";

/** How long a network's containers may take to go away. */
const IN_USE_PATIENCE = 30_000;

interface IpamConfig {
  Subnet?: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

interface NetworkInfo {
  Id: string;
  Name: string;
  Scope: string;
  Driver: string;
  Internal: boolean;
  Attachable: boolean;
  Ingress: boolean;
  EnableIPv6: boolean;
  Options: Record<string, string> | null;
  Labels: Record<string, string> | null;
  IPAM: { Driver: string; Options: Record<string, string> | null; Config: IpamConfig[] | null };
}

const BLAME = [
  [/with name|already exists/i, "name"],
  [/pool|subnet|gateway|ipam|address/i, "ipam_config"],
  [/option/i, "options"],
  [/driver|plugin/i, "driver"],
] as const;

export const network: Resource = {
  rules: {},

  async create(context, planned, keep) {
    const set = (name: string) => (planned[name] === UNKNOWN ? undefined : (planned[name] ?? undefined));
    let id: string;
    try {
      const created = await context.engine.request<{ Id: string }>("/networks/create", {
        method: "POST",
        body: {
          Name: text(planned.name),
          CheckDuplicate: true,
          Driver: set("driver") || "bridge",
          Internal: set("internal") ?? false,
          Attachable: set("attachable") ?? false,
          Ingress: set("ingress") ?? false,
          EnableIPv6: set("ipv6") ?? false,
          Options: stringMap(planned.options),
          Labels: labels(planned.labels),
          IPAM: {
            Driver: text(planned.ipam_driver) || "default",
            Options: stringMap(planned.ipam_options),
            Config: blocks(planned.ipam_config).map((item) => ({
              Subnet: text(item.subnet) || undefined,
              IPRange: text(item.ip_range) || undefined,
              Gateway: text(item.gateway) || undefined,
              AuxiliaryAddresses: stringMap(item.aux_address),
            })),
          },
        },
        signal: context.signal,
      });
      id = created.Id;
    } catch (error) {
      throw blame(`The network ${text(planned.name)} can't be created`, error, BLAME);
    }
    keep({ ...planned, id });
    const info = await context.engine.request<NetworkInfo>(`/networks/${id}`, { signal: context.signal });
    return settle(planned, observe(info));
  },

  async read(context, state) {
    const info = await inspect(context, text(state.id));
    if (!info) return null;
    const observed = observe(info);
    const imported = state.name === null;
    return mapAttributes(schemas.docker_network.attributes, (name, attribute) => {
      const recorded = at(state, name);
      const now = at(observed, name);
      // The engine adds a gateway to each ipam_config that names none: the network can't change, its record stays.
      if (name === "ipam_config" && !imported && blocks(recorded).length > 0) return recorded;
      return name in observed && !equivalent(attribute, recorded, now) ? now : recorded;
    });
  },

  async update(_context, _prior, planned) {
    return planned;
  },

  async delete(context, state) {
    const until = Date.now() + IN_USE_PATIENCE;
    for (;;) {
      try {
        await unlessGone(
          context.engine.request(`/networks/${text(state.id)}`, { method: "DELETE", signal: context.signal }),
        );
        return;
      } catch (error) {
        const inUse = error instanceof EngineError && /active endpoints/.test(error.message);
        if (!inUse || Date.now() > until)
          throw blame(`The network ${text(state.name)} can't be removed`, error, BLAME);
        await pause(500, context.signal);
      }
    }
  },

  import: (id) => ({ id }),
};

function inspect({ engine, signal }: Context, id: string): Promise<NetworkInfo | undefined> {
  return unlessGone(engine.request<NetworkInfo>(`/networks/${encodeURIComponent(id)}`, { signal }));
}

/** The engine's description as a state's attributes. */
export function observe(info: NetworkInfo): State {
  return {
    id: info.Id,
    name: info.Name,
    scope: info.Scope,
    driver: info.Driver,
    internal: info.Internal,
    attachable: info.Attachable,
    ingress: info.Ingress,
    ipv6: info.EnableIPv6,
    options: info.Options ?? {},
    labels: labelBlocks(info.Labels),
    ipam_driver: info.IPAM.Driver,
    ipam_options: info.IPAM.Options ?? {},
    ipam_config: (info.IPAM.Config ?? []).map((item) => ({
      subnet: item.Subnet || null,
      ip_range: item.IPRange || null,
      gateway: item.Gateway || null,
      aux_address: item.AuxiliaryAddresses ?? null,
    })),
  };
}
