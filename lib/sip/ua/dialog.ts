import { SipError } from "../errors";
import { type HeaderInit, SipRequest, type SipResponse } from "../message";
import type { Flow } from "../transport/transport";
import { SipUri } from "../uri";

export type DialogState = "early" | "confirmed" | "terminated";

const LEGAL: Readonly<Record<DialogState, readonly DialogState[]>> = {
  early: ["confirmed", "terminated"],
  confirmed: ["terminated"],
  terminated: [],
};

/** Requests that move the remote target (12.2, RFC 3311 5.1). */
const TARGET_REFRESH = ["INVITE", "UPDATE"];

interface DialogParts {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From and To of requests sent here, tags included. */
  readonly localParty: string;
  readonly remoteParty: string;
  readonly localSequence: number;
  readonly remoteSequence: number | undefined;
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly flow: Flow;
}

/** How a dialog is found: Call-ID and both tags, seen from here. */
export function dialogId(
  callId: string,
  localTag: string | undefined,
  remoteTag: string | undefined,
): string {
  return `${callId} ${localTag ?? ""} ${remoteTag ?? ""}`;
}

/** Dialog state of RFC 3261 12. Pure: builds and judges messages, sends nothing. */
export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  /** "" for a peer of RFC 2543 that sends none (12.1.1). */
  readonly remoteTag: string;
  /** Where to send requests of the dialog; may be changed when the peer moved to another connection. */
  flow: Flow;
  private current: DialogState = "early";
  private target: string;
  private routes: readonly string[];
  private sequence: number;
  private peerSequence: number | undefined;

  private constructor(private readonly parts: DialogParts) {
    this.callId = parts.callId;
    this.localTag = parts.localTag;
    this.remoteTag = parts.remoteTag;
    this.flow = parts.flow;
    this.target = parts.remoteTarget;
    this.routes = parts.routeSet;
    this.sequence = parts.localSequence;
    this.peerSequence = parts.remoteSequence;
  }

  /** 12.1.2: from the request that was sent and its response of 101 to 299. */
  static fromResponse(request: SipRequest, response: SipResponse, flow: Flow): Dialog {
    const dialog = new Dialog({
      callId: request.callId,
      localTag: request.from.tag ?? "",
      remoteTag: response.to.tag ?? "",
      localParty: request.get("from") ?? "",
      remoteParty: response.get("to") ?? "",
      localSequence: request.cseq.number,
      remoteSequence: undefined,
      remoteTarget: contactOf(response) ?? request.uri,
      routeSet: response.values("record-route").reverse(),
      flow,
    });
    if (response.status >= 200) dialog.moveTo("confirmed");
    return dialog;
  }

  /** 12.1.1: from the request that came and the response of 101 to 299 that is sent. */
  static fromRequest(request: SipRequest, response: SipResponse, flow: Flow): Dialog {
    const dialog = new Dialog({
      callId: request.callId,
      localTag: response.to.tag ?? "",
      remoteTag: request.from.tag ?? "",
      localParty: response.get("to") ?? "",
      remoteParty: request.get("from") ?? "",
      localSequence: 0,
      remoteSequence: request.cseq.number,
      remoteTarget: contactOf(request) ?? request.from.uri,
      routeSet: request.values("record-route"),
      flow,
    });
    if (response.status >= 200) dialog.moveTo("confirmed");
    return dialog;
  }

  get id(): string {
    return dialogId(this.callId, this.localTag, this.remoteTag);
  }

  get state(): DialogState {
    return this.current;
  }

  get remoteTarget(): string {
    return this.target;
  }

  get routeSet(): readonly string[] {
    return this.routes;
  }

  get localSequence(): number {
    return this.sequence;
  }

  get remoteSequence(): number | undefined {
    return this.peerSequence;
  }

  /** A request inside the dialog (12.2.1.1), CSeq raised. ACK has a method of its own. */
  request(method: string, init: { headers?: HeaderInit; body?: Buffer | string } = {}): SipRequest {
    this.sequence++;
    return this.build(method, this.sequence, init);
  }

  /** ACK to a 2xx (13.2.2.4): CSeq number of the INVITE that it acknowledges. */
  ack(inviteSequence: number, init: { headers?: HeaderInit; body?: Buffer | string } = {}): SipRequest {
    return this.build("ACK", inviteSequence, init);
  }

  /** Judge an incoming request (12.2.2): 500 is the answer to an old CSeq. Refreshes the remote target. */
  receive(request: SipRequest): "ok" | 500 {
    const { number } = request.cseq;
    if (this.peerSequence !== undefined && number < this.peerSequence) return 500;
    this.peerSequence = number;
    if (TARGET_REFRESH.includes(request.method)) this.target = contactOf(request) ?? this.target;
    return "ok";
  }

  /** A 2xx came or is sent: early becomes confirmed, target and (early only) route set are those of the 2xx (13.2.2.4). */
  confirm(response?: SipResponse): void {
    if (response !== undefined) {
      this.target = contactOf(response) ?? this.target;
      if (this.current === "early") this.routes = response.values("record-route").reverse();
    }
    if (this.current === "early") this.moveTo("confirmed");
  }

  terminate(): void {
    if (this.current !== "terminated") this.moveTo("terminated");
  }

  private moveTo(next: DialogState): void {
    if (!LEGAL[this.current].includes(next)) {
      throw new SipError("illegal-transition", `dialog: ${this.current} to ${next}`);
    }
    this.current = next;
  }

  private build(
    method: string,
    sequence: number,
    init: { headers?: HeaderInit; body?: Buffer | string },
  ): SipRequest {
    const { uri, routes } = this.path();
    const headers: HeaderInit = [
      ...routes.map((route) => ["Route", route] as const),
      ["From", this.parts.localParty],
      ["To", this.parts.remoteParty],
      ["Call-ID", this.callId],
      ["CSeq", `${sequence} ${method}`],
      ...(init.headers ?? []),
    ];
    return SipRequest.create({ method, uri, headers, body: init.body });
  }

  /** Request-URI and Route by the first route: loose (lr) or strict router (12.2.1.1). */
  private path(): { uri: string; routes: readonly string[] } {
    const [first, ...rest] = this.routes;
    if (first === undefined) return { uri: this.target, routes: [] };
    const firstUri = first.slice(first.indexOf("<") + 1, first.lastIndexOf(">"));
    const parsed = sipUriOrNone(firstUri);
    if (parsed === undefined || parsed.params.has("lr")) return { uri: this.target, routes: this.routes };
    return { uri: parsed.with({ headers: undefined }).toString(), routes: [...rest, `<${this.target}>`] };
  }
}

/** URI of the one Contact; undefined when there is none to use: a peer's fault must not break the call. */
function contactOf(message: SipRequest | SipResponse): string | undefined {
  try {
    const { contacts } = message;
    return contacts === "*" ? undefined : contacts[0]?.uri;
  } catch {
    return undefined;
  }
}

function sipUriOrNone(text: string): SipUri | undefined {
  try {
    return SipUri.parse(text);
  } catch {
    return undefined;
  }
}
