import { z } from "zod";
import { SipError } from "../../../../lib/sip";
import { MAX_CHANGES } from "../binding-log";
import { LEGS } from "../calls/call";
import { PHONE_EVENTS } from "../calls/phone-event";
import { type Settings, settingsSchema } from "../config";
import { faultsSchema } from "../faults";
import type { Simulator } from "../simulator";
import type { SipServer } from "../sip-server";
import { ApiError, type Routes } from "./http-api";

/** What the HTTP API does, by method and path. */
export function routes(simulator: Simulator): Routes {
  const serverNames = () => simulator.servers.map(({ name }) => name);

  /** The server with that name, or all when none is named. */
  const serversNamed = (name: string | undefined): SipServer[] => {
    if (name === undefined) return simulator.servers;
    const found = simulator.servers.filter((server) => server.name === name);
    if (found.length === 0)
      throw new ApiError(404, `server '${name}' is not one of ${serverNames().join(", ")}`);
    return found;
  };

  const tablesOf = (servers: readonly SipServer[]) => new Set(servers.map(({ bindings }) => bindings));

  const faultsInForce = () =>
    Object.fromEntries(simulator.servers.map(({ name, faults }) => [name, faults.current]));

  return {
    "GET /healthz": () => ({
      status: "ok",
      release: simulator.release,
      calls: simulator.calls.count,
      unansweredTalkEvents: simulator.calls.unansweredTalkEvents,
      servers: simulator.servers.map(({ name, address, state }) => ({
        name,
        address: address.address,
        port: address.port,
        state,
      })),
    }),

    "GET /registrations": ({ query }) => {
      const { server, dn } = filter(query, { server: z.enum(serverNames()), dn: dnFilter });
      return simulator
        .registrations()
        .filter(({ binding }) => server === undefined || binding.server === server)
        .filter(({ binding }) => dn === undefined || binding.dn === dn)
        .map(({ binding, table }) => ({
          server: binding.server,
          dn: binding.dn,
          contact: binding.contact.toString(),
          expires: table.secondsLeft(binding),
          transport: binding.protocol,
          source: `${binding.source.address}:${binding.source.port}`,
          callId: binding.callId,
          cseq: binding.cseq,
        }));
    },

    "GET /registrations/changes": ({ query }) => {
      const {
        after = 0,
        limit = 100,
        ...rest
      } = filter(query, {
        dn: dnFilter,
        after: z.coerce.number().int().min(0),
        limit: z.coerce.number().int().min(1).max(MAX_CHANGES),
      });
      return simulator.changes.find({ after, limit, ...rest });
    },

    "DELETE /registrations": ({ query }) => {
      const { server } = filter(query, { server: z.enum(serverNames()) });
      const tables = [...tablesOf(serversNamed(server))];
      return { deleted: tables.reduce((count, table) => count + table.clear(), 0) };
    },

    "DELETE /registrations/*": ({ name, query }) => {
      const { server } = filter(query, { server: z.enum(serverNames()) });
      const tables = [...tablesOf(serversNamed(server))];
      const deleted = tables.reduce((count, table) => count + table.remove(name, "deleted"), 0);
      if (deleted === 0) throw new ApiError(404, `DN ${name} is not registered`);
      return { deleted };
    },

    "GET /messages": ({ query }) => {
      const { limit = 100, ...rest } = filter(query, {
        server: z.enum(serverNames()),
        dn: dnFilter,
        method: z.string().regex(/^[A-Z]{1,32}$/, "a method is written in capitals"),
        direction: z.enum(["in", "out"]),
        limit: z.coerce.number().int().min(1).max(2000),
      });
      return simulator.messages.find({ limit, ...rest });
    },

    "DELETE /messages": () => ({ deleted: simulator.messages.clear() }),

    "GET /calls": () => simulator.calls.records(),

    /**
     * T-Server asks a phone of the call with this UUID to answer, to hold it or to take it up again, when the agent
     * pressed a button on the desktop. Gives what the phone answered: { status, reason }.
     */
    "POST /calls/*/events": async ({ name, json }) => {
      const { event, leg } = check(eventRequest, json());
      const call = simulator.calls.find(name);
      if (!call) throw new ApiError(404, `no call ${name} is up`);
      try {
        const { status, reason } = await call.ask(leg, event, EVENT_DEADLINE);
        return { status, reason };
      } catch (error) {
        if (!(error instanceof SipError)) throw error;
        const isSilent = error.code === "timeout";
        throw new ApiError(isSilent ? 504 : 409, `${event} to the ${leg} phone: ${error.message}`);
      }
    },

    "GET /faults": faultsInForce,

    "PUT /faults": async ({ json }) => {
      const { server, ...faults } = check(faultsRequest, json());
      for (const each of serversNamed(server)) await each.setFaults(faults);
      return faultsInForce();
    },

    "DELETE /faults": async ({ query }) => {
      const { server } = filter(query, { server: z.enum(serverNames()) });
      for (const each of serversNamed(server)) await each.setFaults(faultsSchema.parse({}));
      return faultsInForce();
    },

    "GET /settings": () => withoutPasswords(simulator.currentSettings),

    "PUT /settings": ({ json }) => {
      const changed = check(z.record(z.string(), z.unknown()), json());
      simulator.applySettings(check(settingsSchema, merge(simulator.currentSettings, changed)));
      return withoutPasswords(simulator.currentSettings);
    },
  };
}

const dnFilter = z.string().regex(/^[0-9]{1,20}$/, "a DN is 1 to 20 digits");
const eventRequest = z.strictObject({
  event: z.enum(PHONE_EVENTS),
  /** Whose phone. */
  leg: z.enum(LEGS).default("called"),
});
/** Milliseconds that a phone has for its answer. */
const EVENT_DEADLINE = 4000;
const faultsRequest = faultsSchema.extend({ server: z.string().optional() });

/** Takes a value that the schema accepts; ApiError with every fault, each with its place, otherwise. */
function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join(".") || "(body)"}: ${message}`);
  throw new ApiError(400, faults.join("; "));
}

/** The query's parameters, each at most once and none that isn't known. */
function filter<Shape extends Record<string, z.ZodType>>(query: URLSearchParams, shape: Shape) {
  for (const name of new Set(query.keys())) {
    if (query.getAll(name).length > 1) throw new ApiError(400, `${name}: only one of it can be given`);
  }
  return check(z.strictObject(shape).partial(), Object.fromEntries(query));
}

/** Objects are merged key by key, anything else replaces what was there; null takes an optional value away. */
function merge(current: object, changes: object): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...current };
  for (const [key, value] of Object.entries(changes)) {
    const old = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isObject(old) && isObject(value) ? merge(old, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutPasswords(settings: Settings): object {
  const { password, passwords, ...digest } = settings.digest;
  return {
    ...settings,
    digest: {
      ...digest,
      ...(password === undefined ? {} : { password: "[hidden]" }),
      passwords: Object.fromEntries(Object.keys(passwords).map((dn) => [dn, "[hidden]"])),
    },
  };
}
