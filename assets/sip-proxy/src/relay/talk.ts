import type { SipMessage, SipRequest, SipResponse } from "../../../../lib/sip";
import { answerTo } from "./answers";
import type { CallMemory } from "./call-memory";
import type { Arrival, Talk } from "./decision";
import { agentOf, dnOf, userOf } from "./dn";
import type { SideName } from "./sides";

const CALL_UUID = "X-Genesys-CallUUID";

/** Event packages by which Genesys asks a phone to answer, or to hold the call. */
const EVENTS = ["talk", "hold"] as const;

/**
 * A NOTIFY of Genesys with `Event: talk` or `hold` inside a dialog: Asterisk would swallow it, without an answer.
 * undefined: it is none, and passes.
 */
export function talkOf(request: SipRequest, arrival: Arrival, calls: CallMemory): Talk | undefined {
  if (request.method !== "NOTIFY" || arrival.side !== "genesys" || request.to.tag === undefined)
    return undefined;
  const name = (request.get("event") ?? "").split(";", 1)[0]?.trim().toLowerCase();
  const event = EVENTS.find((known) => known === name);
  if (event === undefined) return undefined;
  const { callId, cseq, via } = request;
  const call = calls.find(callId);
  return {
    do: "talk",
    event,
    // The INVITE knew best. Without it: who the NOTIFY is for, if Asterisk's Contact had a user; else who was called.
    dn: call?.dn ?? dnOf(request.parsedUri) ?? userOf(request.to),
    callUuid: uuidOf(request) ?? call?.uuid,
    callId,
    transaction: [via.branch, via.sentBy.toLowerCase(), callId, cseq.number].join("\n"),
    answer: (status, why) => answerTo(request, arrival, status, why),
  };
}

/** Keeps in mind whom a new call is for, or whose it is. */
export function noteRequest(request: SipRequest, from: SideName, calls: CallMemory): void {
  const { method, callId } = request;
  if (method === "BYE") calls.forget(callId);
  else if (method === "INVITE" && request.to.tag === undefined) {
    const dn = agentOf(request, from);
    if (dn !== undefined) calls.remember(callId, { dn, uuid: uuidOf(request) });
  } else if (method === "INVITE" || method === "UPDATE") calls.touch(callId, uuidOf(request));
}

/** Learns the CallUUID of calls that agents make. */
export function noteResponse(response: SipResponse, from: SideName, calls: CallMemory): void {
  if (from !== "genesys" || response.cseq.method !== "INVITE") return;
  const uuid = uuidOf(response);
  if (uuid !== undefined) calls.touch(response.callId, uuid);
}

/** A phone that can be answered this way says so in its 18x and 200: here for all phones, as Asterisk does not. */
export function advertiseTalk(response: SipResponse): void {
  const { status } = response;
  if (response.cseq.method !== "INVITE" || !((status >= 180 && status < 190) || status === 200)) return;
  const known = response.values("Allow-Events").map((event) => event.toLowerCase());
  const missing = EVENTS.filter((event) => !known.includes(event));
  if (missing.length > 0) response.append("Allow-Events", missing.join(", "));
}

function uuidOf(message: SipMessage): string | undefined {
  const value = message.get(CALL_UUID);
  return value !== undefined && /^[A-Za-z0-9-]{1,64}$/.test(value) ? value : undefined;
}
