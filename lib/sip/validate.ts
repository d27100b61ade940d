import { SipParseError } from "./errors";
import type { Message } from "./message";

/** Headers that a message can't have twice (RFC 3261 7.3.1, 8.1.1). */
const ONCE = [
  ["from", "From"],
  ["to", "To"],
  ["call-id", "Call-ID"],
  ["cseq", "CSeq"],
  ["max-forwards", "Max-Forwards"],
] as const;

/**
 * What every element needs of every message (RFC 3261 8.1.1, 16.3(1)): a sound top Via, From, To, Call-ID, CSeq
 * with the request's method, Max-Forwards if there is one. Returns the first fault; says nothing about other headers.
 */
export function checkMandatory(message: Message): SipParseError | undefined {
  for (const [key, name] of ONCE) {
    if (message.count(key) > 1) return new SipParseError("header-repeated", name, "more than one");
  }
  try {
    void message.via;
    void message.from;
    void message.to;
    void message.callId;
    void message.maxForwards;
    const { method } = message.cseq;
    if (message.isRequest && method !== message.method) {
      return new SipParseError("method-mismatch", "CSeq", `${method} in a ${message.method} request`);
    }
  } catch (error) {
    if (error instanceof SipParseError) return error;
    throw error;
  }
  return undefined;
}
