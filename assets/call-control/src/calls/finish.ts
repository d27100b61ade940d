import type { CallOutcome } from "./call";
import type { Leg } from "./leg";
import { causes } from "./outcome";
import type { Cause } from "./state";
import type { Step } from "./step";

/** Ends a call: every channel but a seat's is let go, and its bridge with them. */
export function finish(step: Step, outcome: CallOutcome, cause: Cause): void {
  const { legs, bridge } = step.state;
  for (const leg of legs) {
    if (leg.role !== "seat") step.want({ do: "hangup", leg: leg.id, reason: reasonFor(leg, cause) });
    step.removeLeg(leg.id);
  }
  // A seat's channel stays in the application when the bridge goes.
  if (bridge) step.want({ do: "unbridge" });
  step.set({ bridge: false, consultation: undefined, held: undefined, route: undefined });
  if (step.call.recordingId !== undefined) {
    step.setCall({ recordingId: undefined });
    step.tell("recording_ended");
  }
  step.setCall({
    status: "ended",
    endedAt: step.at,
    outcome,
    cause: cause.code,
    causeText: cause.text,
    onHold: false,
    consulting: undefined,
  });
  step.enter("ended");
  step.tell("ended");
}

/** A caller who was not answered yet hears why; for others it's an ordinary end. */
function reasonFor({ role, state }: Leg, { code }: Cause): number | undefined {
  if (role !== "caller" || state === "up") return undefined;
  return code === undefined || code === 0 ? causes.temporaryFailure : code;
}

/** Takes a leg out that is not needed any more; the others stay. */
export function letGo(step: Step, leg: Leg, reason?: "answered_elsewhere"): void {
  step.want(leg.role === "seat" ? { do: "part", leg: leg.id } : { do: "hangup", leg: leg.id, reason });
  step.removeLeg(leg.id);
}
