import type { Channel } from "../../../../lib/ari";
import type { CallControlConfig } from "../config";
import { isDn, phoneOf, readCaller, readNumber } from "../numbers";
import { follow, receive, refuse } from "./begin";
import type { Call } from "./call";
import type { CallRate } from "./call-rate";
import { endpointOf } from "./snapshot";
import type { Route } from "./state";
import type { Advance } from "./step";

/** Seconds that whoever is called has to answer. */
export const RING_SECONDS = 60;

/** Characters of what was dialled that reach the call log. */
const MAX_DIALLED = 40;

/** What the dialplan hands over: `Stasis(callcenter,internal|external|did,...)`. */
export interface HandOver {
  readonly channel: Channel;
  readonly args: readonly string[];
}

/**
 * Where a call goes that came in by the dialplan.
 * @returns undefined when it was handed over in a way that is not known here
 */
export function take(
  { channel, args: [kind, dialled = "", trunk] }: HandOver,
  id: string,
  config: CallControlConfig,
  rate: CallRate,
  at: Date,
): Advance | undefined {
  const from = callerOf(channel, config);
  const opening = { id, channelId: channel.id, from };
  switch (kind) {
    case "internal":
      return internal({ ...opening, agent: from }, dialled, config, at);
    case "external":
      return external({ ...opening, agent: from }, dialled, config, rate, at);
    case "did":
      return did({ ...opening, trunk }, dialled, config, at);
    default:
      return undefined;
  }
}

type Opening = Pick<Call, "id" | "channelId" | "from"> & Partial<Call>;

function internal(opening: Opening, dialled: string, config: CallControlConfig, at: Date): Advance {
  const call = { ...opening, type: "internal", to: dialled.slice(0, MAX_DIALLED) } as const;
  if (!isDn(dialled, config)) return refuse(call, `${call.to} is no DN`, at);
  if (config.internalCalls === "genesys") return follow(call, at);
  return receive(call, { to: phoneOf(dialled), callerId: call.from, ringSeconds: RING_SECONDS }, at);
}

function external(
  opening: Opening,
  dialled: string,
  config: CallControlConfig,
  rate: CallRate,
  at: Date,
): Advance {
  const call = { ...opening, type: "outbound", to: dialled.slice(0, MAX_DIALLED) } as const;
  const to = readNumber(dialled, config);
  if (to.kind === "refused") return refuse(call, to.message, at);
  if (to.kind === "dn") return internal(opening, to.dn, config, at);
  if (!rate.take(call.from)) return refuse({ ...call, to: to.e164 }, "Too many calls within a minute", at);
  const route = { to, callerId: to.trunk.callerId ?? call.from, ringSeconds: RING_SECONDS };
  return receive({ ...call, to: to.e164, trunk: to.trunk.name }, route, at);
}

function did(opening: Opening, number: string, config: CallControlConfig, at: Date): Advance {
  const call = { ...opening, type: "inbound" } as const;
  const to = config.dids.find((one) => one.number === number)?.to;
  const callerId = call.from;
  if (to !== undefined && "dn" in to) {
    const route = { to: phoneOf(to.dn), callerId, ringSeconds: RING_SECONDS };
    return receive({ ...call, to: to.dn, agent: to.dn }, route, at);
  }
  const queue = config.queues.find(({ name }) => name === to?.queue);
  if (queue === undefined) {
    return refuse({ ...call, to: number.slice(0, MAX_DIALLED) }, "No DN and no queue has this number", at);
  }
  const route: Route = {
    to: { kind: "queue", queue: queue.name },
    callerId,
    ringSeconds: queue.ringSeconds,
    until: new Date(at.getTime() + queue.waitSeconds * 1_000),
  };
  return receive({ ...call, to: queue.name }, route, at);
}

/**
 * Who calls. Of a phone, the endpoint that has authenticated; what it says of itself is not asked. Of others, the number
 * that came with the call.
 */
function callerOf(channel: Channel, config: CallControlConfig): string {
  const endpoint = endpointOf(channel);
  return isDn(endpoint, config) ? endpoint : readCaller(channel.caller.number, config);
}
