import { type SipRequest, SipResponse } from "../message";
import type { ServerHandlers } from "./server-non-invite";
import { lifetime } from "./timers";
import { Transaction, type TransactionContext } from "./transaction";

/** 17.2.1: a 100 goes out unless the user answers within this time, in milliseconds. */
const TRYING_AFTER = 200;

type State = "proceeding" | "completed" | "confirmed" | "accepted";

/** RFC 3261 17.2.1 as changed by RFC 6026 8.2 (accepted). Retransmitting a 2xx is its user's business (13.3.1.4). */
export class ServerInviteTransaction extends Transaction<State> {
  private last: SipResponse | undefined;
  private interval: number;

  constructor(
    readonly request: SipRequest,
    context: TransactionContext,
    private readonly handlers: ServerHandlers,
  ) {
    super(
      "proceeding",
      {
        proceeding: ["proceeding", "completed", "accepted", "terminated"],
        completed: ["confirmed", "terminated"],
        confirmed: ["terminated"],
        accepted: ["terminated"],
        terminated: [],
      },
      context,
    );
    this.interval = context.timers.t1;
    this.startTimer("100", TRYING_AFTER, () => this.respond(SipResponse.to(this.request, 100)));
  }

  /** A retransmission of the INVITE, or an ACK that matches it (17.2.3). */
  receive(request: SipRequest): void {
    if (request.method === "ACK") {
      this.receiveAck(request);
      return;
    }
    const resend = this.state === "proceeding" || this.state === "completed";
    if (resend && this.last !== undefined) this.transmit(this.last);
  }

  /** Returns false when it is too late. In accepted only the 2xx can be sent again. */
  respond(response: SipResponse): boolean {
    const success = response.status >= 200 && response.status < 300;
    if (this.state === "accepted" && success) {
      this.transmit(response);
      return true;
    }
    if (this.state !== "proceeding") return false;
    this.stopTimer("100");
    this.last = response;
    this.transmit(response);
    const { timers, transport } = this.context;
    if (response.status < 200) {
      this.moveTo("proceeding");
    } else if (success) {
      this.moveTo("accepted");
      this.startTimer("L", lifetime(timers), () => this.moveTo("terminated"));
    } else {
      this.moveTo("completed");
      if (!transport.reliable) this.startTimer("G", this.interval, () => this.retransmit());
      this.startTimer("H", lifetime(timers), () => this.notAcknowledged());
    }
    return true;
  }

  /** To tag of the last response: what an RFC 2543 ACK is matched by (17.2.3). */
  get responseTag(): string | undefined {
    return this.last?.to.tag;
  }

  private receiveAck(ack: SipRequest): void {
    if (this.state === "accepted") this.handlers.onAck?.(ack);
    if (this.state !== "completed") return;
    this.moveTo("confirmed");
    this.stopTimer("G");
    this.stopTimer("H");
    const { timers, transport } = this.context;
    this.handlers.onAck?.(ack);
    this.startTimer("I", transport.reliable ? 0 : timers.t4, () => this.moveTo("terminated"));
  }

  private retransmit(): void {
    if (this.last !== undefined) this.transmit(this.last);
    this.interval = Math.min(2 * this.interval, this.context.timers.t2);
    this.startTimer("G", this.interval, () => this.retransmit());
  }

  private notAcknowledged(): void {
    this.moveTo("terminated");
    this.handlers.onTimeout();
  }

  protected override transportFailed(error: Error): void {
    // RFC 6026 8.8: in accepted the user goes on retransmitting the 2xx; others tell it and end (17.2.4).
    const { state } = this;
    if (state !== "accepted") this.moveTo("terminated");
    if (state !== "confirmed") this.handlers.onTransportError(error);
  }
}
