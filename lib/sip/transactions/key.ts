import type { SipRequest, SipResponse } from "../message";

/**
 * Which server transaction a request belongs to (17.2.3): branch, sent-by and method for peers of RFC 3261, and for
 * older ones what they have instead. An ACK has the key of its INVITE. `method` asks for another method's
 * transaction, as CANCEL does.
 */
export function serverKey(request: SipRequest, method = request.method): string {
  const { via } = request;
  const kind = method === "ACK" ? "INVITE" : method;
  if (via.hasMagicCookie) return `${via.branch?.toLowerCase()} ${via.sentBy.toLowerCase()} ${kind}`;
  // No To tag: an ACK has one that its INVITE had not. The transaction compares it.
  const { from, callId, cseq, uri } = request;
  return ["2543", via, from.tag, callId, cseq.number, uri, kind].join(" ");
}

/** Which client transaction a response belongs to (17.1.3). */
export function clientKey(message: SipRequest | SipResponse): string {
  return `${message.via.branch?.toLowerCase()} ${message.cseq.method}`;
}
