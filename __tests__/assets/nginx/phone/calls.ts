import type { Call } from "../../../../assets/nginx/phone/logic/call";

/** A call that rings here, unless said otherwise. */
export function aCall(changes: Partial<Call> = {}): Call {
  return {
    id: "call-1",
    direction: "in",
    phase: "incoming",
    number: "1003",
    startedAt: 0,
    muted: false,
    held: false,
    heldByPeer: false,
    ...changes,
  };
}
