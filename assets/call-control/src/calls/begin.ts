import type { Destination } from "../numbers";
import { phoneOf } from "../numbers";
import type { Call } from "./call";
import type { CampaignCallRequest } from "./calls";
import { seek } from "./connecting";
import { finish } from "./finish";
import { type Leg, newLegId } from "./leg";
import { causes } from "./outcome";
import type { CallState, Route } from "./state";
import { type Advance, Step } from "./step";

/** Seconds that the phone of who originates a call rings. */
const AGENT_SECONDS = 30;

/** Milliseconds after which a phone that should have stopped to ring is given up. */
const GRACE = 15_000;

type Opening = Pick<Call, "id" | "type" | "channelId" | "from" | "to"> & Partial<Call>;

function open(opening: Opening, phase: CallState["phase"], legs: readonly Leg[], at: Date): Step {
  const call: Call = { status: "dialing", startedAt: at, onHold: false, ...opening };
  const step = new Step({ call, phase, legs, bridge: false }, at);
  step.tell("started");
  return step;
}

function newLeg(call: string, role: Leg["role"], party: string, id = newLegId(call, role)): Leg {
  return { id, role, party, state: "making", inApp: false };
}

/** Rings the agent first. */
export function originate(
  id: string,
  agent: string,
  route: Route & { readonly to: Destination },
  at: Date,
): Advance {
  const leg = newLeg(id, "agent", agent);
  const { to } = route;
  const step = open(
    {
      id,
      channelId: leg.id,
      from: agent,
      agent,
      ...(to.kind === "dn"
        ? { type: "internal", to: to.dn }
        : { type: "outbound", to: to.e164, trunk: to.trunk.name }),
    },
    "calling",
    [leg],
    at,
  );
  step.set({ route });
  // The phone shows who is going to be called.
  const callerId = step.call.to;
  step.want({ do: "call", legs: [{ leg, to: phoneOf(agent) }], callerId, ringSeconds: AGENT_SECONDS });
  step.want({ do: "wake", after: AGENT_SECONDS * 1_000 + GRACE });
  return step.done();
}

/** Dials a campaign's customer. */
export function dial(
  { callId, channelId, campaignId, queueEntryId, ringSeconds }: CampaignCallRequest,
  to: Extract<Destination, { kind: "external" }>,
  callerId: string,
  at: Date,
): Advance {
  const leg = newLeg(callId, "customer", to.e164, channelId);
  const step = open(
    {
      id: callId,
      type: "campaign",
      channelId,
      from: callerId,
      to: to.e164,
      trunk: to.trunk.name,
      campaignId,
      queueEntryId,
    },
    "calling",
    [leg],
    at,
  );
  step.want({ do: "call", legs: [{ leg, to }], callerId, ringSeconds });
  step.want({ do: "wake", after: ringSeconds * 1_000 + GRACE });
  return step.done();
}

/** A channel that came in by the dialplan: it rings, and who called hears that. */
function come(opening: Opening, phase: CallState["phase"], at: Date): Step {
  const { channelId, from } = opening;
  const leg: Leg = { id: channelId, role: "caller", party: from, state: "ringing", inApp: true };
  const step = open(opening, phase, [leg], at);
  step.want({ do: "follow", leg: channelId });
  return step;
}

/** Puts it through. */
export function receive(opening: Opening, route: Route, at: Date): Advance {
  const step = come(opening, "connecting", at);
  seek(step, route);
  return step.done();
}

/** Lets the dialplan carry it on to Genesys, and follows it. */
export function follow(opening: Opening, at: Date): Advance {
  const step = come(opening, "followed", at);
  step.want({ do: "continue", leg: opening.channelId, extension: opening.to });
  return step.done();
}

/** Refuses it, and leaves a row that says so. */
export function refuse(opening: Opening, text: string, at: Date): Advance {
  const step = come(opening, "connecting", at);
  finish(step, "rejected", { code: causes.rejected, text });
  return step.done();
}
