import type { Via } from "../headers/via";
import type { SipRequest, SipResponse } from "../message";
import type { Address } from "../transport/transport";

/** RFC 3261 18.2.1, RFC 3581 4: add received, fill an empty rport. Changes the top Via when needed. */
export function stampSource(_request: SipRequest, _source: Address): void {
  throw new Error("not written yet");
}

/** 16.6(3): decrement, or add 70. Throws SipParseError on a malformed value; 0 must have been refused before. */
export function decrementMaxForwards(_request: SipRequest): void {
  throw new Error("not written yet");
}

/**
 * Branch of a stateless proxy (16.11) with loop detection (RFC 5393 4.2): the same for a retransmission, an ACK
 * to non-2xx and a CANCEL; its second part tells a loop from a spiral.
 */
export function statelessBranch(_request: SipRequest): string {
  throw new Error("not written yet");
}

/** RFC 5393 4.2: one of the Vias is ours (`isOwn`) and its branch has the loop part that this request would get. */
export function isLoop(_request: SipRequest, _isOwn: (via: Via) => boolean): boolean {
  throw new Error("not written yet");
}

/** 16.6(8). */
export function pushVia(_request: SipRequest, _via: Via): void {
  throw new Error("not written yet");
}

/** 16.6(4): `uri` gets lr. */
export function addRecordRoute(_request: SipRequest, _uri: string): void {
  throw new Error("not written yet");
}

/** 16.4: undo a strict router's rewriting, pop own top Route. Returns whether something was popped. */
export function processRoutes(_request: SipRequest, _isOwn: (uri: string) => boolean): boolean {
  throw new Error("not written yet");
}

/** 16.6(6): for a next Route without lr, move it to the Request-URI. Returns the URI that leads to the next hop. */
export function nextHop(_request: SipRequest): string {
  throw new Error("not written yet");
}

/** 16.7(3), 16.11: remove own top Via; returns where the response goes (18.2.2) or undefined when none is left. */
export function popVia(_response: SipResponse): { via: Via; target: Address } | undefined {
  throw new Error("not written yet");
}
