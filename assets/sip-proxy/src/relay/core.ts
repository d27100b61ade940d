/**
 * The trunk relay: a stateless SIP proxy (RFC 3261 16.11) between Genesys and Asterisk.
 *
 *     Genesys ──► genesysSide  host.address:5070 ┐       ┌ asteriskSide 127.0.0.4:5070 ──► Asterisk 127.0.0.1:5060
 *             ◄──                                └ relay ┘                              ◄──
 *
 * - It has an address on each side and sends from it, over UDP and TCP. Asterisk tells the trunk from its phones by
 *   the address `asteriskSide`, from which nothing else sends: the phones' tunnel comes from 127.0.0.1.
 * - What Genesys sends goes to Asterisk's trunk transport, wherever its Request-URI points: there is nothing else
 *   behind the relay. What Asterisk sends goes where its Route or Request-URI leads, if that is a host of Genesys;
 *   else it is refused. So the relay is a way to nobody else, and what anybody else sends is dropped.
 * - Asterisk has `asteriskSide` as outbound proxy (`;lr`) of the trunk's endpoint, AORs and registrations.
 *   Record-Route names both sides (RFC 5658), so later requests of a dialog come through here from both ends.
 * - Contacts lead Genesys here: those that sip-proxy registers (proxy mode) name `genesysSide` at once; those in
 *   Asterisk's own REGISTERs (static mode) are rewritten on the way out, to the very same text, and back in the
 *   answers, since Asterisk looks for its own Contact there. A Request-URI that names `genesysSide` is turned into
 *   Asterisk's.
 *
 * It remembers nothing of transactions: a retransmission takes the same way, and its Via branch is computed from the
 * message (16.11, RFC 5393). The exceptions are about talk events, see CallMemory and TalkDesk, and about Asterisk's
 * own registrations, see OwnRegistrations; never about calls.
 *
 * In this file is what happens to a message, without sockets and time.
 */
import {
  type HeaderInit,
  inspectForProxy,
  isLoop,
  type Message,
  SipParseError,
  type SipRequest,
  type SipResponse,
  SipUri,
  stampSource,
  statelessBranch,
  type Via,
} from "../../../../lib/sip";
import { answerTo } from "./answers";
import type { CallMemory } from "./call-memory";
import type { Arrival, Decision, Drop } from "./decision";
import { noteGrant, type OwnRegistrations, ownRegister } from "./own-registrations";
import { type Routing, routeRequest } from "./request";
import { routeResponse } from "./response";
import { advertiseTalk, noteRequest, noteResponse, talkOf } from "./talk";

export interface RelayCoreOptions extends Routing {
  readonly talkEvents: "relay" | "off";
  readonly calls: CallMemory;
  readonly registrations: OwnRegistrations;
}

export class RelayCore {
  constructor(private readonly options: RelayCoreOptions) {}

  /** What is to be done with a message. Never throws on what it holds. */
  decide(arrival: Arrival): Decision {
    try {
      return this.judge(arrival);
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      // A header that only routing reads, such as Route.
      const { message } = arrival.parsed;
      return message?.isRequest
        ? this.answer(message, arrival, error.status, error.message)
        : drop("malformed", error.message, message);
    }
  }

  private judge(arrival: Arrival): Decision {
    const side = this.options.sides[arrival.side];
    const isOwnVia = (via: Via) => side.is(via.host, via.port);
    const verdict = inspectForProxy(arrival.parsed, { isOwnVia });
    switch (verdict.action) {
      case "drop":
        return drop(/via/.test(verdict.code) ? "not-ours" : "malformed", verdict.why, arrival.parsed.message);
      case "reject": {
        stampIfSound(verdict.message, arrival);
        const why = arrival.parsed.fault?.message ?? verdict.reason;
        return this.answer(verdict.message, arrival, verdict.status, why, verdict.headers);
      }
      case "forward":
        return verdict.message.isRequest
          ? this.request(verdict.message, arrival)
          : this.response(verdict.message, arrival);
    }
  }

  private request(request: SipRequest, arrival: Arrival): Decision {
    const { options } = this;
    const sides = Object.values(options.sides);
    // Both are about the message as it came.
    const branch = statelessBranch(request);
    const loops = isLoop(request, (via) => sides.some((side) => side.is(via.host, via.port)));
    stampSource(request, arrival.remote);
    if (loops) return this.answer(request, arrival, 482, "the request has been here already");
    if (request.parsedUri instanceof SipUri && request.parsedUri.scheme === "sips") {
      return this.answer(request, arrival, 416, "sips needs TLS, which is not spoken here");
    }
    if (options.talkEvents === "relay") {
      const talk = talkOf(request, arrival, options.calls);
      if (talk !== undefined) return talk;
      noteRequest(request, arrival.side, options.calls);
    }
    const own = ownRegister(request, arrival, options, options.registrations);
    if (own !== undefined) return own;
    // For the answer if it can't be sent on: routing changes the message.
    const original = request.clone();
    const routed = routeRequest(request, arrival, branch, options);
    if ("status" in routed) return this.answer(original, arrival, routed.status, routed.why);
    // 16.7(6): 503 would say that nothing at all can be sent through here.
    const why = `${routed.hop.address.address} can't be reached`;
    const undeliverable = () => answerTo(original, arrival, 500, why);
    return {
      do: "forward",
      kind: "request",
      callId: request.callId,
      undeliverable: request.method === "ACK" ? undefined : undeliverable,
      ...routed,
    };
  }

  private response(response: SipResponse, arrival: Arrival): Decision {
    const { options } = this;
    if (options.talkEvents === "relay") {
      noteResponse(response, arrival.side, options.calls);
      if (arrival.side === "asterisk") advertiseTalk(response);
    }
    noteGrant(response, arrival, options, options.registrations);
    const routed = routeResponse(response, arrival, options);
    if ("why" in routed) return drop("not-ours", routed.why, response);
    return { do: "forward", kind: "response", callId: response.callId, ...routed };
  }

  private answer(
    request: SipRequest,
    arrival: Arrival,
    status: number,
    why: string,
    headers: HeaderInit = [],
  ): Decision {
    // 17.1.1.3: nobody waits for an answer to ACK.
    if (request.method === "ACK") return drop("not-answerable", why, request);
    return answerTo(request, arrival, status, why, headers);
  }
}

function drop(reason: Drop["reason"], why: string, message: Message | undefined): Drop {
  return { do: "drop", reason, why, callId: message?.get("call-id") };
}

function stampIfSound(request: SipRequest, { remote }: Arrival): void {
  try {
    stampSource(request, remote);
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
  }
}
