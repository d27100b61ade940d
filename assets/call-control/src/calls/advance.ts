import { CallError } from "./calls";
import {
  answers,
  candidateGone,
  meet,
  place,
  ringMembers,
  rings,
  seek,
  unlessAnswered,
  wake,
} from "./connecting";
import { finish } from "./finish";
import type { Input, Request } from "./inputs";
import type { Leg } from "./leg";
import { causes, outcomeOf } from "./outcome";
import type { CallState, Cause } from "./state";
import { type Advance, Step } from "./step";
import { cancel, complete, hold, joined, resume, sides, transfer } from "./transfer";

/** Seconds that somebody who is asked before a transfer may take to answer. */
const CONSULT_SECONDS = 60;

/**
 * What an input means to a call. Inputs may come late, twice, or for what the call has let go already: then nothing
 * changes.
 *
 * @throws CallError CALL_STATE when something was asked for that does not fit how far the call is
 */
export function advance(state: CallState, input: Input, at: Date): Advance {
  const step = new Step(state, at);
  if (state.phase === "ended") {
    if (isRequest(input)) throw new CallError("CALL_NOT_FOUND", "the call has ended");
    return step.done();
  }
  if ("leg" in input) {
    const leg = step.leg(input.leg);
    if (leg !== undefined) legFact(step, leg, input);
  } else if (isRequest(input)) {
    request(step, input);
  } else {
    other(step, input);
  }
  return step.done();
}

type LegInput = Extract<Input, { readonly leg: string }>;

function isRequest(input: Input): input is Request {
  return requests.has(input.what);
}

const requests = new Set<Input["what"]>([
  "hangup",
  "transfer",
  "complete",
  "cancel",
  "hold",
  "resume",
  "dtmf",
  "connect",
  "abandon",
] satisfies Request["what"][]);

function legFact(step: Step, leg: Leg, input: LegInput): void {
  switch (input.what) {
    case "made":
      if (leg.state === "making") step.setLeg(leg.id, { state: "placing" });
      return;
    case "arrived":
      arrived(step, leg);
      return;
    case "ringing":
      ringing(step, leg);
      return;
    case "up":
      up(step, leg);
      return;
    case "not_made":
    case "gone":
      gone(step, leg, input.cause);
      return;
    case "joined":
      joined(step, leg, input.by);
      return;
    case "returned":
      step.want({ do: "follow", leg: leg.id }, { do: "continue", leg: leg.id, extension: input.extension });
      return;
  }
}

/** Of a leg that was only created, it's time to call; all others come when they have answered. */
function arrived(step: Step, leg: Leg): void {
  const { route, consultation, ending } = step.state;
  step.setLeg(leg.id, { inApp: true });
  if (leg.inApp || ending !== undefined) return;
  if (consultation?.with === leg.id) place(step, leg, CONSULT_SECONDS);
  else if (leg.role === "peer" && route !== undefined && route.to.kind !== "queue") {
    place(step, leg, route.ringSeconds);
  } else up(step, { ...leg, inApp: true });
}

function ringing(step: Step, leg: Leg): void {
  const { phase, consultation } = step.state;
  if (leg.state === "up" || leg.state === "ringing") return;
  if (phase === "connecting" && leg.role === "peer") rings(step, leg);
  else if (consultation?.with === leg.id) {
    step.setLeg(leg.id, { state: "ringing" });
    step.want({ do: "ring", leg: consultation.by });
  } else {
    step.setLeg(leg.id, { state: "ringing" });
    if (step.call.status !== "dialing" || leg.role === "agent") return;
    step.setCall({ status: "ringing" });
    step.tell("ringing");
  }
}

function up(step: Step, leg: Leg): void {
  const { phase, route, ending } = step.state;
  if (leg.state === "up" || ending !== undefined) return;
  // One that is answered, and is not in the application yet, can't be put into a bridge: it comes.
  if (!leg.inApp && phase !== "followed") return;
  if (phase === "connecting" && leg.role === "peer") {
    answers(step, leg);
    return;
  }
  step.setLeg(leg.id, { state: "up" });
  if (phase === "calling" && route !== undefined) seek(step, route);
  else if (phase === "calling" || phase === "followed") {
    if (phase === "calling") step.enter("waiting");
    step.setCall({ status: "answered", answeredAt: step.at });
    step.tell("answered");
  }
}

function gone(step: Step, leg: Leg, cause: Cause): void {
  const { phase, consultation, ending } = step.state;
  if (consultation?.with === leg.id && ending === undefined) {
    step.removeLeg(leg.id);
    cancel(step);
    return;
  }
  if (phase === "connecting" && leg.role === "peer" && leg.state !== "up" && ending === undefined) {
    candidateGone(step, leg, cause);
    return;
  }
  step.removeLeg(leg.id);
  // Who hangs up while a colleague listens has transferred the call.
  if (consultation?.by === leg.id && step.leg(consultation.with)?.state === "up") {
    complete(step);
    return;
  }
  finish(step, outcomeOfParty(step, leg, cause), cause);
}

function outcomeOfParty(step: Step, leg: Leg, cause: Cause) {
  const { phase, ending } = step.state;
  if (ending === "abandoned" || phase === "waiting") return "abandoned";
  const byHimself = cause.code === 0 || cause.code === causes.normalClearing || cause.code === 127;
  const cancelled =
    ending === "asked" ||
    phase === "connecting" ||
    (phase === "followed" && leg.role === "caller" && byHimself);
  return unlessAnswered(step, cancelled && cause.code !== undefined ? "cancelled" : outcomeOf(cause));
}

function request(step: Step, input: Request): void {
  if (step.state.ending !== undefined && input.what !== "hangup") {
    throw new CallError("CALL_STATE", "the call is being hung up");
  }
  switch (input.what) {
    case "hangup":
      end(step, "asked");
      return;
    case "abandon":
      if (step.state.phase !== "waiting") {
        throw new CallError("CALL_STATE", "only a customer who waits for an agent can be abandoned");
      }
      end(step, "abandoned");
      return;
    case "transfer":
      transfer(step, input);
      return;
    case "complete":
      complete(step);
      return;
    case "cancel":
      cancel(step);
      return;
    case "hold":
      hold(step, input.by);
      return;
    case "resume":
      resume(step);
      return;
    case "dtmf":
      step.want({ do: "dtmf", leg: sides(step, input.by).other.id, digits: input.digits });
      return;
    case "connect":
      connect(step, input.seat);
      return;
  }
}

/** The call ends when Asterisk says that its first channel has. */
function end(step: Step, why: "asked" | "abandoned"): void {
  step.set({ ending: why });
  for (const { id, role } of step.state.legs) {
    if (role !== "seat") step.want({ do: "hangup", leg: id });
  }
}

function connect(step: Step, seat: Leg): void {
  if (step.state.phase !== "waiting") {
    throw new CallError("CALL_STATE", "only a customer who waits for an agent can be put through to one");
  }
  step.addLegs(seat);
  meet(
    step,
    step.state.legs.map(({ id }) => id),
  );
  step.setCall({ agent: seat.party, peerChannelId: seat.id });
  step.enter("talking");
  step.tell("connected");
}

function other(step: Step, input: Exclude<Input, Request | LegInput>): void {
  const { phase } = step.state;
  switch (input.what) {
    case "ring":
      ringMembers(step, input.members);
      return;
    case "wake":
      if (phase === "connecting") wake(step);
      else if (phase === "calling") finish(step, "no_answer", { code: causes.noAnswer, text: "No answer" });
      return;
    case "recording":
      if (step.call.recordingId === input.id) return;
      step.setCall({ recordingId: input.id });
      step.tell(input.id === undefined ? "recording_ended" : "recording_started");
      return;
    case "repair":
      repair(step, input.bridged);
      return;
    case "failed":
      finish(step, unlessAnswered(step, "failed"), { code: causes.temporaryFailure, text: input.text });
      return;
  }
}

/** What may have been lost on the way to Asterisk is done once more. */
function repair(step: Step, bridged: readonly string[] | undefined): void {
  const { legs, ending, bridge, held } = step.state;
  for (const { id, role } of legs) {
    if (ending !== undefined && role !== "seat") step.want({ do: "hangup", leg: id });
    else if (role === "caller") step.want({ do: "follow", leg: id });
  }
  if (!bridge || ending !== undefined) return;
  if (bridged === undefined) step.want({ do: "bridge" });
  for (const { id, inApp } of legs) {
    if (!inApp || id === held || bridged?.includes(id)) continue;
    step.want({ do: "unhold", leg: id }, { do: "join", legs: [id] });
  }
}
