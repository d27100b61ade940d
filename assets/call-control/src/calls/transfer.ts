import type { Destination } from "../numbers";
import { CallError } from "./calls";
import { meet, partyOf, seek } from "./connecting";
import { letGo } from "./finish";
import type { TransferRequest } from "./inputs";
import { type Leg, newLegId } from "./leg";
import { isDn, parties, type Route } from "./state";
import type { Step } from "./step";

export function transfer(step: Step, { by, route, mode }: TransferRequest): void {
  if (step.state.consultation !== undefined) {
    throw new CallError("CALL_STATE", "a transfer of this call is under way: complete or cancel it first");
  }
  const { own, other } = sides(step, by);
  if (mode === "blind") blind(step, own, other, route);
  else consult(step, own, other, route);
}

/** Who transfers is out at once; the other party waits for the destination. */
function blind(step: Step, own: Leg, other: Leg, route: Route & { readonly to: Destination }): void {
  resumeSound(step, other);
  letGo(step, own);
  moveTo(step, other, partyOf(route.to));
  step.tell("transferred");
  seek(step, route);
}

function consult(
  step: Step,
  own: Leg,
  other: Leg,
  { to, callerId }: Route & { readonly to: Destination },
): void {
  const leg: Leg = {
    id: newLegId(step.call.id, "consulted"),
    role: "consulted",
    party: partyOf(to),
    state: "making",
    inApp: false,
  };
  setAside(step, other);
  step.addLegs(leg);
  step.want({ do: "identify", leg: own.id, as: callerId }, { do: "create", leg, to, callerId });
  step.set({ consultation: { by: own.id, with: leg.id, to } });
  step.setCall({ consulting: leg.party, onHold: false });
  step.tell("consulting");
}

/** The held party and the one who was asked speak with each other from now on. */
export function complete(step: Step): void {
  const { consultation } = step.state;
  const consulted = step.leg(consultation?.with);
  const other = parties(step.state).find(({ id }) => id !== consultation?.by);
  if (consultation === undefined || consulted === undefined || other === undefined) {
    throw new CallError("CALL_STATE", "there is no attended transfer of this call to complete");
  }
  if (consulted.state !== "up") {
    throw new CallError(
      "CALL_STATE",
      `${consulted.party} has not answered yet: wait, or cancel the transfer`,
    );
  }
  const own = step.leg(consultation.by);
  if (own !== undefined) letGo(step, own);
  step.setLeg(consulted.id, { role: "peer" });
  step.set({ consultation: undefined });
  step.setCall({ peerChannelId: consulted.id, consulting: undefined });
  resumeSound(step, other);
  moveTo(step, other, consulted.party);
  step.tell("transferred");
}

/** Back to the party that is held. */
export function cancel(step: Step): void {
  const { consultation } = step.state;
  if (consultation === undefined) {
    throw new CallError("CALL_STATE", "there is no attended transfer of this call to cancel");
  }
  const consulted = step.leg(consultation.with);
  if (consulted !== undefined) letGo(step, consulted);
  step.set({ consultation: undefined });
  step.setCall({ consulting: undefined });
  const held = step.leg(step.state.held);
  if (held !== undefined) resumeSound(step, held);
  step.tell("consultation_ended");
}

export function hold(step: Step, by: string): void {
  if (step.state.held !== undefined) {
    throw new CallError("CALL_STATE", "the other party is on hold already");
  }
  setAside(step, sides(step, by).other);
  step.setCall({ onHold: true });
  step.tell("held");
}

export function resume(step: Step): void {
  const held = step.leg(step.state.held);
  if (held === undefined || step.state.consultation !== undefined) {
    throw new CallError("CALL_STATE", "nobody is on hold in this call");
  }
  resumeSound(step, held);
  step.setCall({ onHold: false });
  step.tell("resumed");
}

/** The leg that asks for something, and the one that it speaks with. */
export function sides(step: Step, by: string): { readonly own: Leg; readonly other: Leg } {
  const own = step.leg(by);
  const other = parties(step.state).find(({ id }) => id !== by);
  if (step.state.phase !== "talking" || own === undefined || other === undefined) {
    throw new CallError("CALL_STATE", `the call is not between two parties now: it is ${step.call.status}`);
  }
  return { own, other };
}

/** Out of the bridge, with music. */
function setAside(step: Step, leg: Leg): void {
  if (step.state.held === leg.id) return;
  step.want({ do: "part", leg: leg.id }, { do: "hold", leg: leg.id });
  step.set({ held: leg.id });
}

function resumeSound(step: Step, leg: Leg): void {
  if (step.state.held !== leg.id) return;
  step.want({ do: "unhold", leg: leg.id });
  step.set({ held: undefined });
  meet(step, [leg.id]);
}

/** Asterisk has put another channel into the bridge in a leg's place. */
export function joined(step: Step, leg: Leg, by: Leg): void {
  const other = parties(step.state).find(({ id }) => id !== leg.id);
  if (step.state.phase !== "talking" || other === undefined) return;
  letGo(step, leg);
  step.addLegs(by);
  step.want({ do: "follow", leg: by.id });
  step.setCall({ peerChannelId: by.id });
  moveTo(step, other, by.party);
  step.tell("transferred");
}

/** The call is between who stays and another party from now on. */
function moveTo(step: Step, stays: Leg, to: string): void {
  const agent = isDn(to) ? to : isDn(stays.party) ? stays.party : step.call.agent;
  step.setCall({ from: stays.party, to, agent, onHold: false });
}
