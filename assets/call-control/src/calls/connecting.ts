import { type Destination, phoneOf } from "../numbers";
import { finish, letGo } from "./finish";
import { type Leg, newLegId } from "./leg";
import { causes, outcomeOf } from "./outcome";
import { type Cause, candidates, parties, type Route } from "./state";
import type { Step } from "./step";

/** Milliseconds after which a queue is looked through again for an agent who is free. */
const LOOK_AGAIN = 3_000;

/** Milliseconds after which a phone that should have stopped to ring is given up. */
const GRACE = 15_000;

export function partyOf(to: Destination): string {
  return to.kind === "dn" ? to.dn : to.e164;
}

/** Calls for whom the call is to be put through to; who is there already waits. */
export function seek(step: Step, route: Route): void {
  step.set({ route });
  if (step.state.phase !== "connecting") step.enter("connecting");
  if (route.to.kind === "queue") {
    for (const { id } of parties(step.state)) step.want({ do: "ring", leg: id });
    step.want({ do: "choose", queue: route.to.queue });
    return;
  }
  const leg: Leg = {
    id: newLegId(step.call.id, "peer"),
    role: "peer",
    party: partyOf(route.to),
    state: "making",
    inApp: false,
  };
  for (const { id } of parties(step.state)) step.want({ do: "identify", leg: id, as: route.callerId });
  // After a transfer, who stays is in it already.
  if (!step.state.bridge) {
    meet(
      step,
      parties(step.state).map(({ id }) => id),
    );
  }
  step.want({ do: "create", leg, to: route.to, callerId: route.callerId });
  step.want({ do: "wake", after: route.ringSeconds * 1_000 + GRACE });
  step.addLegs(leg);
  step.setCall({ peerChannelId: leg.id });
}

/** Puts legs into the call's bridge. */
export function meet(step: Step, legs: readonly string[]): void {
  if (!step.state.bridge) step.want({ do: "bridge" });
  step.set({ bridge: true });
  step.want({ do: "join", legs });
}

/** The channel of whom is called is there: it's put into the bridge first, so that what it says before it answers is heard. */
export function place(step: Step, leg: Leg, ringSeconds: number): void {
  step.setLeg(leg.id, { state: "calling" });
  step.want({ do: "join", legs: [leg.id] }, { do: "place", leg: leg.id, ringSeconds });
}

/** Rings members of a queue; with none, it's looked through again later. */
export function ringMembers(step: Step, members: readonly string[]): void {
  const { route, phase } = step.state;
  if (phase !== "connecting" || route?.to.kind !== "queue" || candidates(step.state).length > 0) return;
  const left = secondsLeft(route, step.at);
  if (members.length === 0 || left < 1) {
    step.want({ do: "wake", after: Math.min(LOOK_AGAIN, Math.max(0, left * 1_000)) });
    return;
  }
  const legs = members.map(
    (dn): Leg => ({
      id: newLegId(step.call.id, "peer"),
      role: "peer",
      party: dn,
      state: "making",
      inApp: false,
    }),
  );
  step.addLegs(...legs);
  const ringSeconds = Math.ceil(Math.min(route.ringSeconds, left));
  step.want({
    do: "call",
    legs: legs.map((leg) => ({ leg, to: phoneOf(leg.party) })),
    callerId: route.callerId,
    ringSeconds,
  });
  step.want({ do: "wake", after: ringSeconds * 1_000 + GRACE });
}

export function wake(step: Step): void {
  const { route } = step.state;
  if (route?.to.kind === "queue" && secondsLeft(route, step.at) >= 1) {
    for (const leg of candidates(step.state)) letGo(step, leg);
    step.want({ do: "choose", queue: route.to.queue });
  } else {
    finish(step, unlessAnswered(step, "no_answer"), { code: causes.noAnswer, text: "No answer" });
  }
}

function secondsLeft({ until }: Route, at: Date): number {
  return until === undefined ? Number.POSITIVE_INFINITY : (until.getTime() - at.getTime()) / 1_000;
}

export function rings(step: Step, leg: Leg): void {
  step.setLeg(leg.id, { state: "ringing" });
  for (const { id } of parties(step.state)) step.want({ do: "ring", leg: id });
  if (step.call.status !== "dialing") return;
  step.setCall({ status: "ringing" });
  step.tell("ringing");
}

/** The first who answers has the call. */
export function answers(step: Step, leg: Leg): void {
  const { route } = step.state;
  step.setLeg(leg.id, { state: "up" });
  for (const other of candidates(step.state)) letGo(step, other, "answered_elsewhere");
  for (const waiting of parties(step.state)) {
    if (waiting.state === "up") continue;
    step.want({ do: "answer", leg: waiting.id });
    step.setLeg(waiting.id, { state: "up" });
  }
  // Whoever was called by create and place is in the bridge already.
  if (route?.to.kind === "queue")
    meet(
      step,
      parties(step.state).map(({ id }) => id),
    );
  step.setCall({
    peerChannelId: leg.id,
    ...(route?.to.kind === "queue" ? { agent: leg.party } : {}),
  });
  step.set({ route: undefined });
  step.enter("talking");
  if (step.call.status === "answered") return;
  step.setCall({ status: "answered", answeredAt: step.at });
  step.tell("answered");
}

/** One who was called is gone, and has not answered. */
export function candidateGone(step: Step, leg: Leg, cause: Cause): void {
  step.removeLeg(leg.id);
  if (candidates(step.state).length > 0) return;
  if (step.state.route?.to.kind === "queue") step.want({ do: "wake", after: LOOK_AGAIN });
  else finish(step, unlessAnswered(step, outcomeOf(cause)), cause);
}

/** A call whose parties have heard each other has been answered, however a transfer of it ends. */
export function unlessAnswered<T>(step: Step, outcome: T): T | "answered" {
  return step.call.answeredAt === undefined ? outcome : "answered";
}
