import type { Call } from "./call";
import type { Line } from "./line";

/** Why the microphone can't be had: names of DOMExceptions of getUserMedia, in words that say what to do. */
export function microphoneFault(name: string): string {
  switch (name) {
    case "NotAllowedError":
      return "The microphone is blocked. Allow it for this site in the browser's address bar, then try again.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "No microphone was found. Plug one in or choose another one, then try again.";
    case "NotReadableError":
    case "AbortError":
      return "The microphone does not start. Close other programs that use it, then try again.";
    case "NotSupportedError":
      return "The browser gives no microphone to this page: it has to be opened over https.";
    default:
      return `The microphone can't be used (${name}).`;
  }
}

/** What JsSIP says when a call that was up breaks. */
const BROKEN: Readonly<Record<string, string>> = {
  "RTP Timeout": "No sound came through",
  "Dialog Error": "The server no longer knew the call",
  "WebRTC Error": "The call could not be changed",
  "Request Timeout": "The server did not answer",
  "Connection Error": "The connection was lost",
};

/**
 * Why a call ended.
 *
 * @param cause JsSIP's cause
 * @param answer the SIP response that ended it
 */
export function endOf(
  call: Call,
  by: "local" | "remote" | "system",
  cause: string,
  answer: { readonly status: number; readonly reason: string } | undefined,
): string {
  if (answer !== undefined && answer.status >= 300) {
    if (answer.status === 486 || answer.status === 600) return "Busy";
    if (answer.status === 603) return "Declined";
    if (answer.status === 487) return "Cancelled";
    // Genesys' own words, which Asterisk does not pass on: who knows them knows what to look at.
    if (answer.status === 404) return `Invalid Called DN: ${call.number} is not registered at Genesys`;
    return `Not connected: ${answer.status} ${answer.reason}`.trim();
  }
  if (call.transfer?.state === "done") return `Transferred to ${call.transfer.to}`;
  if (call.transfer?.state === "lost") return `Lost, ${call.transfer.to} was not reached`;
  if (call.answeredAt !== undefined) {
    if (cause !== "Terminated") return BROKEN[cause] ?? cause;
    return by === "local" ? "You hung up" : `${call.number} hung up`;
  }
  if (call.direction === "out") return by === "local" ? "Cancelled" : `Not connected: ${cause}`;
  if (cause === "Canceled" || (by === "remote" && cause === "Terminated")) return "Missed";
  if (cause === "Rejected") return "Rejected";
  return cause;
}

/** The state of a line in a few words. */
export function lineWords(line: Line, now: number): string {
  switch (line.at) {
    case "off":
      return "Signed out";
    case "connecting":
      return "Connecting";
    case "registering":
      return "Registering";
    case "registered":
      return "Registered";
    case "waiting":
      return `Offline, retry in ${Math.max(1, Math.ceil((line.until - now) / 1000))} s`;
  }
}

/** The state of a call in a word or two. */
export function callWords(call: Call): string {
  switch (call.phase) {
    case "dialing":
      return "Calling";
    case "ringing":
      return "Ringing";
    case "incoming":
      return "Incoming call";
    case "connecting":
      return "Connecting";
    case "ended":
      return "Ended";
    case "active":
      if (call.transfer?.state === "asked") return "Transferring";
      if (call.held) return "On hold";
      return call.heldByPeer ? "Held by the other side" : "Connected";
  }
}
