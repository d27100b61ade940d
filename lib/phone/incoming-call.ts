import type { Dialog, HeaderInit, IncomingRequest, SipRequest, SipResponse, UserAgent } from "../sip";
import { PhoneError } from "./errors";
import type { MediaSession } from "./sdp";
import { within } from "./waiting";

export interface IncomingCallOptions {
  readonly agent: UserAgent;
  readonly incoming: IncomingRequest;
  readonly media: MediaSession;
  /** Contact URI of the phone. */
  readonly contact: string;
  /** Headers of every 180 and 200. */
  readonly headers: HeaderInit;
  readonly deadlineMs: number;
}

/** How a call ended: hung up here or there, given up by the caller before it was answered, refused here. */
export type CallEnd = "local" | "remote" | "cancelled" | "rejected";

/** A call to this phone. */
export class IncomingCall {
  private state: "ringing" | "answered" | "over" = "ringing";
  private readonly over: Promise<CallEnd>;
  private signalOver!: (end: CallEnd) => void;

  constructor(private readonly options: IncomingCallOptions) {
    this.over = new Promise((resolve) => {
      this.signalOver = resolve;
    });
    options.incoming.onCancel = () => this.end("cancelled");
  }

  /** The INVITE: `request.get("X-Genesys-CallUUID")`, `request.from`. */
  public get request(): SipRequest {
    return this.options.incoming.request;
  }

  /** 180. A phone that is set to ring by itself has sent it already. */
  public ring(headers: HeaderInit = []): void {
    this.expect("ringing");
    const { incoming, contact, headers: own } = this.options;
    incoming.respond(180, { headers: [["Contact", `<${contact}>`], ...own, ...headers] });
  }

  /** 200 with an answer to the offer (or an offer, where the INVITE had none); resolves with the caller's ACK. */
  public async answer(headers: HeaderInit = [], deadlineMs = this.options.deadlineMs): Promise<SipRequest> {
    this.expect("ringing");
    const { incoming, media, contact, headers: own } = this.options;
    const offer = incoming.request.body.toString("utf8");
    const body = offer === "" ? media.offer() : media.answer(offer);
    this.state = "answered";
    const ack = incoming.accept({
      contact,
      headers: [["Content-Type", "application/sdp"], ...own, ...headers],
      body,
    });
    return within(ack, deadlineMs, "the caller's ACK");
  }

  /** Refuses the call. */
  public reject(status = 486, reason?: string): void {
    this.expect("ringing");
    this.options.incoming.respond(status, { reason });
    this.end("rejected");
  }

  /** Hangs up; resolves with the answer to BYE. */
  public async bye(deadlineMs = this.options.deadlineMs): Promise<SipResponse> {
    this.expect("answered");
    const dialog = this.options.incoming.dialog as Dialog;
    const response = await this.options.agent.sendInDialog(dialog, "BYE", { deadline: deadlineMs });
    this.end("local");
    return response;
  }

  /** Waits until the call is over, and says how. */
  public ended(deadlineMs = this.options.deadlineMs): Promise<CallEnd> {
    return within(this.over, deadlineMs, "the call to end");
  }

  /** True when nothing more can happen in it. */
  public get isOver(): boolean {
    return this.state === "over";
  }

  /** The call's dialog, from the first 180 on. */
  public get dialog(): Dialog | undefined {
    return this.options.incoming.dialog;
  }

  /** @internal The other side sent BYE. */
  public hungUp(): void {
    this.end("remote");
  }

  private end(how: CallEnd): void {
    this.state = "over";
    this.signalOver(how);
  }

  private expect(state: "ringing" | "answered"): void {
    if (this.state !== state) throw new PhoneError("state", `the call is ${this.state}, not ${state}`);
  }
}
