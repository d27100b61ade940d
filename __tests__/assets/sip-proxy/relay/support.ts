import { CallMemory } from "../../../../assets/sip-proxy/src/relay/call-memory";
import { RelayCore, type RelayCoreOptions } from "../../../../assets/sip-proxy/src/relay/core";
import type {
  Answer,
  Arrival,
  Decision,
  Forward,
  Talk,
} from "../../../../assets/sip-proxy/src/relay/decision";
import type { OwnRegistrations } from "../../../../assets/sip-proxy/src/relay/own-registrations";
import { Peers } from "../../../../assets/sip-proxy/src/relay/peers";
import { Side, type SideName } from "../../../../assets/sip-proxy/src/relay/sides";
import { parseDatagram, parseMessage, type SipRequest, SipResponse } from "../../../../lib/sip";
import { FakeClock } from "../../../lib/sip/support/fake-clock";
import { lines } from "../../../lib/sip/support/messages";
import { recordingLog } from "../support/log";

/** Lets every REGISTER pass, and knows of nothing. */
export const unconcerned: OwnRegistrations = {
  asks: () => true,
  granted() {},
  gaveUp() {},
};

export const GENESYS = { address: "192.0.2.81", port: 5060 };
export const ASTERISK = { address: "127.0.0.1", port: 5060 };
export const GENESYS_SIDE = { address: "192.0.2.54", port: 5070 };
export const ASTERISK_SIDE = { address: "127.0.0.4", port: 5070 };

/** A core between Genesys at 192.0.2.81 and Asterisk at 127.0.0.1:5060. */
export class Bench {
  readonly clock = new FakeClock();
  readonly log = recordingLog();
  readonly calls = new CallMemory(this.clock, { calls: 100, minutes: 240 });
  readonly core: RelayCore;

  constructor(changes: Partial<RelayCoreOptions> = {}, hosts: readonly string[] = [GENESYS.address]) {
    this.core = new RelayCore({
      sides: { genesys: new Side("genesys", GENESYS_SIDE), asterisk: new Side("asterisk", ASTERISK_SIDE) },
      asterisk: ASTERISK,
      peers: new Peers(hosts, this.clock, this.log),
      udpRequestLimit: { genesys: 1300, asterisk: 3900 },
      talkEvents: "relay",
      calls: this.calls,
      registrations: unconcerned,
      ...changes,
    });
  }

  decide(side: SideName, text: string | Buffer, from: Partial<Arrival> = {}): Decision {
    const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
    const remote = side === "genesys" ? GENESYS : ASTERISK;
    return this.core.decide({ side, protocol: "UDP", remote, parsed: parseDatagram(bytes), ...from });
  }

  forward(side: SideName, text: string | Buffer, from: Partial<Arrival> = {}): Forwarded {
    const decision = this.decide(side, text, from);
    if (decision.do !== "forward") throw new Error(`not forwarded: ${JSON.stringify(decision)}`);
    return new Forwarded(decision);
  }

  answer(
    side: SideName,
    text: string | Buffer,
    from: Partial<Arrival> = {},
  ): { hop: Answer["hop"]; response: SipResponse } {
    const decision = this.decide(side, text, from);
    if (decision.do !== "answer") throw new Error(`not answered: ${JSON.stringify(decision)}`);
    return { hop: decision.hop, response: responseIn(decision.bytes) };
  }

  talk(text: string): Talk {
    const decision = this.decide("genesys", text);
    if (decision.do !== "talk") throw new Error(`no talk event: ${JSON.stringify(decision)}`);
    return decision;
  }

  /** The response to what was forwarded, as the receiver sends it, comes back. */
  respond(
    forwarded: Forwarded,
    status: number,
    headers: readonly (readonly [string, string])[] = [],
    from: Partial<Arrival> = {},
  ): Forwarded {
    const response = SipResponse.to(forwarded.request, status, { headers, toTag: "b" });
    return this.forward(forwarded.decision.to, response.toBuffer(), from);
  }
}

export class Forwarded {
  constructor(readonly decision: Forward) {}

  get text(): string {
    return this.decision.bytes.toString("latin1");
  }

  get request(): SipRequest {
    const message = parseMessage(this.decision.bytes);
    if (!message.isRequest) throw new Error("a response was forwarded");
    return message;
  }

  get response(): SipResponse {
    return responseIn(this.decision.bytes);
  }

  /** "UDP 192.0.2.81:5060" */
  get hop(): string {
    const { protocol, address } = this.decision.hop;
    return `${protocol} ${address.address}:${address.port}`;
  }
}

export function responseIn(bytes: Buffer): SipResponse {
  const message = parseMessage(bytes);
  if (!(message instanceof SipResponse)) throw new Error("no response");
  return message;
}

export interface Parts {
  readonly uri?: string;
  readonly via?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly from?: string;
  readonly to?: string;
  readonly extra?: readonly string[];
  readonly body?: string;
}

/** A request of Genesys to DN 1002, by the Contact that it was given. */
export function fromGenesys(method: string, parts: Parts = {}): string {
  return text(method, {
    uri: "sip:1002@192.0.2.54:5070",
    via: "SIP/2.0/UDP 192.0.2.81:5060;branch=z9hG4bKgen1",
    from: "<sip:1003@192.0.2.81>;tag=g",
    to: "<sip:1002@192.0.2.81>",
    ...parts,
  });
}

/** A request of Asterisk in the name of DN 1002, by its outbound proxy. */
export function fromAsterisk(method: string, parts: Parts = {}): string {
  return text(method, {
    uri: "sip:1003@192.0.2.81",
    via: "SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKast1",
    from: "<sip:1002@127.0.0.1>;tag=a",
    to: "<sip:1003@192.0.2.81>",
    ...parts,
    extra: ["Route: <sip:127.0.0.4:5070;lr>", ...(parts.extra ?? [])],
  });
}

function text(method: string, parts: Parts): string {
  const { uri, via, from, to, callId = "call-1", cseq = 1, extra = [], body = "" } = parts;
  const head = lines(
    `${method} ${uri} SIP/2.0`,
    `Via: ${via}`,
    "Max-Forwards: 70",
    `From: ${from}`,
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    ...extra,
    `Content-Length: ${body.length}`,
  );
  return head + body;
}
