import { SipError } from "../errors";
import type { SipRequest, SipResponse } from "../message";
import { lifetime } from "./timers";
import { Transaction, type TransactionContext } from "./transaction";

export interface ServerHandlers {
  onTransportError(error: Error): void;
  /** INVITE: a non-2xx was never acknowledged (timer H). Others: nobody answered in 64*T1. */
  onTimeout(): void;
  /** INVITE: the ACK that matches this transaction came. */
  onAck?(ack: SipRequest): void;
}

type State = "trying" | "proceeding" | "completed";

/** RFC 3261 17.2.2 with RFC 4320's rules for answers. */
export class ServerNonInviteTransaction extends Transaction<State> {
  private last: SipResponse | undefined;

  constructor(
    readonly request: SipRequest,
    context: TransactionContext,
    private readonly handlers: ServerHandlers,
  ) {
    super(
      "trying",
      {
        trying: ["proceeding", "completed", "terminated"],
        proceeding: ["proceeding", "completed", "terminated"],
        completed: ["terminated"],
        terminated: [],
      },
      context,
    );
    // The client has given up by then (timer F): RFC 4320 4.2 forbids an answer, so the state needn't be kept.
    this.startTimer("unanswered", lifetime(context.timers), () => this.unanswered());
  }

  /** A retransmission of the request. */
  receive(_request: SipRequest): void {
    if (this.last !== undefined) this.transmit(this.last);
  }

  /**
   * Returns false when it is too late. Throws SipError "forbidden-response" for a provisional other than 100 and
   * for 408, which a non-INVITE never gets (RFC 4320 4.1, 4.2).
   */
  respond(response: SipResponse): boolean {
    const { status } = response;
    if ((status > 100 && status < 200) || status === 408) {
      throw new SipError("forbidden-response", `${status} to ${this.request.method} (RFC 4320 4)`);
    }
    if (this.state === "completed" || this.state === "terminated") return false;
    this.last = response;
    this.transmit(response);
    if (status < 200) {
      this.moveTo("proceeding");
      return true;
    }
    this.moveTo("completed");
    this.stopTimer("unanswered");
    const { timers, transport } = this.context;
    this.startTimer("J", transport.reliable ? 0 : lifetime(timers), () => this.moveTo("terminated"));
    return true;
  }

  private unanswered(): void {
    this.moveTo("terminated");
    this.handlers.onTimeout();
  }

  protected override transportFailed(error: Error): void {
    this.moveTo("terminated");
    this.handlers.onTransportError(error);
  }
}
