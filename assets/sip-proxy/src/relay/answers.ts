import { createHash } from "node:crypto";
import {
  type Address,
  type HeaderInit,
  reasonPhrase,
  responseTarget,
  SipParseError,
  type SipRequest,
  SipResponse,
} from "../../../../lib/sip";
import type { Answer, Arrival, Hop } from "./decision";
import { agentForLog } from "./dn";

/**
 * An answer as a stateless user agent server gives it (RFC 3261 8.2.7): the same for a retransmission, To tag
 * included. It goes to where the request came from, whatever Via says: only the port is Via's.
 */
export function answerTo(
  request: SipRequest,
  arrival: Arrival,
  status: number,
  why: string,
  headers: HeaderInit = [],
): Answer {
  const warning: HeaderInit = why === reasonPhrase(status) ? [] : [["Warning", warningOf(why)]];
  const response = SipResponse.to(request, status, {
    toTag: tagOf(request),
    headers: status < 300 ? headers : [...headers, ...warning],
  });
  return {
    do: "answer",
    status,
    hop: backTo(request, arrival),
    bytes: response.toBuffer(),
    method: request.method,
    callId: request.get("call-id"),
    dn: agentForLog(request, arrival.side),
    why,
  };
}

function backTo(request: SipRequest, { protocol, remote }: Arrival): Hop {
  if (protocol === "TCP") return { protocol, address: remote, connection: remote.port };
  return { protocol, address: { address: remote.address, port: portOf(request, remote) } };
}

/** RFC 3261 18.2.2, RFC 3581 4. */
function portOf(request: SipRequest, remote: Address): number {
  try {
    return responseTarget(request.via).port;
  } catch (error) {
    if (error instanceof SipParseError) return remote.port; // the fault that is answered may be Via's
    throw error;
  }
}

/** RFC 3261 20.43. What is wrong may quote the message, so it is kept short and tame. */
function warningOf(why: string): string {
  return `399 relay "${why.slice(0, 160).replace(/[^ -~]|["\\]/g, "'")}"`;
}

function tagOf(request: SipRequest): string {
  const parts = ["via", "from", "call-id", "cseq"].map((name) => request.get(name) ?? "");
  return createHash("sha256").update(parts.join("\n"), "latin1").digest("hex").slice(0, 16);
}
