import { createHash } from "node:crypto";
import { MAGIC_COOKIE, Via } from "../headers/via";
import type { SipRequest } from "../message";

const PART = 16;

/**
 * Branch of a stateless proxy (RFC 3261 16.11) with loop detection (RFC 5393 4.2). Same for a retransmission, for
 * the ACK to a non-2xx and for a CANCEL: neither method nor To tag goes in. To be computed from the request as it
 * came, before routes are processed.
 */
export function statelessBranch(request: SipRequest): string {
  const { via } = request;
  const hop = via.hasMagicCookie
    ? [via.branch, via.sentBy.toLowerCase()]
    : [via.toString(), request.from.tag, request.callId, request.cseq.number, request.uri];
  return `${MAGIC_COOKIE}${digest(hop)}${loopPart(request)}`;
}

/**
 * RFC 5393 4.2: one of the Vias is ours (`isOwn`) and its branch has the loop part that this request would get. A
 * spiral, which comes back with another Request-URI or Route, is no loop.
 */
export function isLoop(request: SipRequest, isOwn: (via: Via) => boolean): boolean {
  let expected: string | undefined;
  for (const via of viasOf(request)) {
    if (!isOwn(via)) continue;
    expected ??= loopPart(request);
    if (via.branch?.endsWith(expected)) return true;
  }
  return false;
}

/** Vias that parse: a foreign malformed one further down is not ours to judge. */
function viasOf(request: SipRequest): Via[] {
  return request.values("via").flatMap((value) => {
    try {
      return [Via.parse(value)];
    } catch {
      return [];
    }
  });
}

/** Everything that routing depends on, and what identifies the call; no Via, as each hop changes it. */
function loopPart(request: SipRequest): string {
  return digest([
    request.uri,
    request.values("route").join(","),
    request.from.tag,
    request.callId,
    request.cseq.number,
    request.values("proxy-require").join(","),
    request.get("proxy-authorization"),
  ]);
}

function digest(parts: readonly unknown[]): string {
  return createHash("sha256").update(parts.map(String).join("\n"), "latin1").digest("hex").slice(0, PART);
}
