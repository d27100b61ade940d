import {
  type Dialog,
  type HeaderInit,
  type IncomingRequest,
  SipError,
  type SipResponse,
  type UserAgent,
} from "../../../../lib/sip";
import { passThrough } from "./pass-through";

/** Milliseconds that the other side has for an answer. */
const DEADLINE = 32_000;

/** The answer to a late offer would come in the ACK, which is not passed on. */
export const LATE_OFFER = "Offer Needed In INVITE";

/**
 * Passes a request inside a call on to the other side, and the answer back. `contacts` are what a
 * request and an answer that may refresh the target name (12.2.1.1). "gone": the other side has no such dialog any more, or is silent (RFC 3261 12.2.1.2).
 */
export async function relay(
  agent: UserAgent,
  incoming: IncomingRequest,
  other: Dialog | undefined,
  contacts: { readonly request: string; readonly answer: string },
): Promise<"passed" | "gone"> {
  const { request } = incoming;
  if (!other) {
    // RFC 3311 5.2: nothing to pass it to yet, ask again.
    incoming.respond(500, { headers: [["Retry-After", 1]] });
    return "passed";
  }
  if (request.method === "INVITE" && request.body.length === 0) {
    incoming.respond(488, { reason: LATE_OFFER });
    return "passed";
  }
  const { headers: passed, body: offer } = passThrough(request);
  const init = { headers: [["Contact", `<${contacts.request}>`] as const, ...passed], body: offer };
  let response: SipResponse;
  try {
    response =
      request.method === "INVITE"
        ? await reinvite(agent, other, init)
        : await agent.sendInDialog(other, request.method, { ...init, deadline: DEADLINE });
  } catch (error) {
    const silent = error instanceof SipError && error.code === "timeout";
    incoming.respond(silent ? timedOut(request.method) : 500);
    return silent ? "gone" : "passed";
  }
  const { headers, body } = passThrough(response);
  if (request.method === "INVITE" && response.status < 300) {
    await incoming.accept({ contact: contacts.answer, headers, body }).catch(() => undefined);
    return "passed";
  }
  incoming.respond(response.status === 408 ? timedOut(request.method) : response.status, {
    reason: response.reason,
    headers: [["Contact", `<${contacts.answer}>`], ...headers],
    body,
  });
  return response.status === 481 || response.status === 408 ? "gone" : "passed";
}

/** A non-INVITE is never answered 408 (RFC 4320 4.2). */
function timedOut(method: string): number {
  return method === "INVITE" ? 408 : 504;
}

async function reinvite(
  agent: UserAgent,
  other: Dialog,
  init: { headers: HeaderInit; body: Buffer | undefined },
): Promise<SipResponse> {
  const request = other.request("INVITE", init);
  const { final } = agent.invite(request, { flow: other.flow, deadline: DEADLINE });
  return (await final).response;
}
