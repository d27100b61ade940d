import type { Channel } from "../../../../lib/ari";
import type { CallControlConfig } from "../config";
import { isDn, phoneOf, readNumber } from "../numbers";
import type { Call } from "./call";
import { seek } from "./connecting";
import { finish } from "./finish";
import { RING_SECONDS } from "./incoming";
import { type Leg, type LegRole, readLegId } from "./leg";
import { endpointOf, isInApp, type Standing, UNSEEN } from "./snapshot";
import { type CallState, candidates, type Phase, type Route } from "./state";
import { type Advance, Step } from "./step";

/**
 * Takes a call up again that an earlier process had: by its row of the call log, and by what stands at Asterisk. It is put
 * back to where the row says that it was; what has happened since is told to it as if it happened now. A hold and a
 * consultation are not taken up: whoever is left in the call hears each other.
 *
 * A call of which nothing stands any more has ended unseen.
 */
export function restore(call: Call, standing: Standing, config: CallControlConfig, at: Date): Advance {
  const legs = [...standing.channels.values()].flatMap((channel) => legOf(call, channel, config) ?? []);
  const route = routeOf(call, config);
  const phase = phaseOf(call, legs);
  const connecting = phase === "calling" || phase === "connecting";
  const toQueue = route?.to.kind === "queue";
  const state: CallState = {
    call,
    phase,
    legs: legs.map((leg) => asOfRow(leg, phase, toQueue)),
    // That it is missing is found out, and made good, like everything else that has happened since.
    bridge: phase === "talking" || (phase === "connecting" && !toQueue),
    ...(connecting ? { route } : {}),
  };
  const step = new Step(state, at);
  const lost = call.answeredAt === undefined ? "lost" : "answered";
  if (legs.length === 0 || (phase === "talking" && legs.length === 1)) finish(step, lost, UNSEEN);
  else if (phase === "connecting" && candidates(step.state).length === 0) {
    if (route === undefined) finish(step, "failed", { text: `${call.to} can't be called any more` });
    else seek(step, route);
  } else if (connecting) step.want({ do: "wake", after: RING_SECONDS * 1_000 });
  return step.done();
}

function phaseOf({ type, status }: Call, legs: readonly Leg[]): Phase {
  const first = legs.find(({ role }) => role !== "peer");
  if (first?.role === "caller" && !first.inApp) return "followed";
  if (type === "campaign" && status !== "answered") return "calling";
  if (type === "campaign" && legs.length === 1 && first?.role === "customer") return "waiting";
  if (status !== "answered")
    return first?.role === "agent" && first.state !== "up" ? "calling" : "connecting";
  // Somebody is being called for one who was transferred.
  return legs.some(({ state }) => state !== "up") ? "connecting" : "talking";
}

/** A leg before what has happened since is told: its answer most of all. */
function asOfRow(leg: Leg, phase: Phase, toQueue: boolean): Leg {
  if (phase === "calling" || (phase === "connecting" && leg.role === "peer" && toQueue)) {
    return leg.state === "up" ? { ...leg, inApp: false, state: "calling" } : { ...leg, inApp: false };
  }
  return leg;
}

function legOf(call: Call, channel: Channel, config: CallControlConfig): Leg | undefined {
  const role = roleOf(call, channel);
  // Nothing was dialled yet on a channel that was made to be put into the bridge first.
  if (role === undefined || role === "consulted" || (role === "peer" && channel.state === "Down"))
    return undefined;
  const endpoint = endpointOf(channel);
  // The row says whether the answer of these was told; where it was not, it is told now.
  const isTold = call.status === "answered" || !(role === "peer" || (role === "caller" && !isInApp(channel)));
  return {
    id: channel.id,
    role,
    party: isDn(endpoint, config) ? endpoint : role === "caller" ? call.from : call.to,
    state: channel.state === "Up" && isTold ? "up" : "calling",
    inApp: isInApp(channel),
  };
}

function roleOf(call: Call, { id }: Channel): LegRole | undefined {
  const own = readLegId(id);
  // One who was consulted, and has the call now.
  if (own?.call === call.id && own.role === "consulted" && id === call.peerChannelId) return "peer";
  if (own?.call === call.id) return own.role;
  if (id === call.channelId) return call.type === "campaign" ? "customer" : "caller";
  // A seat; or what leads to another call, after a phone has joined two of its own.
  return id === call.peerChannelId ? (own?.role ?? "peer") : undefined;
}

function routeOf({ to, from, type, startedAt }: Call, config: CallControlConfig): Route | undefined {
  const queue = type === "inbound" ? config.queues.find(({ name }) => name === to) : undefined;
  if (queue !== undefined) {
    return {
      to: { kind: "queue", queue: queue.name },
      callerId: from,
      ringSeconds: queue.ringSeconds,
      until: new Date(startedAt.getTime() + queue.waitSeconds * 1_000),
    };
  }
  const number = type === "inbound" && isDn(to, config) ? phoneOf(to) : readNumber(to, config);
  if (number.kind === "refused") return undefined;
  const callerId = number.kind === "external" ? (number.trunk.callerId ?? from) : from;
  return { to: number, callerId, ringSeconds: RING_SECONDS };
}
