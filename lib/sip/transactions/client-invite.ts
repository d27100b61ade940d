import { SipRequest, type SipResponse } from "../message";
import type { ClientHandlers } from "./client-non-invite";
import { lifetime, timerD } from "./timers";
import { Transaction, type TransactionContext } from "./transaction";

type State = "calling" | "proceeding" | "completed" | "accepted";

/** RFC 3261 17.1.1 as changed by RFC 6026 8.4 (accepted). The ACK to a 2xx is its user's business. */
export class ClientInviteTransaction extends Transaction<State> {
  private interval: number;
  private ack: SipRequest | undefined;

  constructor(
    readonly request: SipRequest,
    context: TransactionContext,
    private readonly handlers: ClientHandlers,
  ) {
    super(
      "calling",
      {
        calling: ["proceeding", "completed", "accepted", "terminated"],
        proceeding: ["proceeding", "completed", "accepted", "terminated"],
        completed: ["terminated"],
        accepted: ["terminated"],
        terminated: [],
      },
      context,
    );
    this.interval = context.timers.t1;
  }

  /** Send the INVITE and start timers A and B. */
  start(): void {
    const { timers, transport } = this.context;
    this.startTimer("B", lifetime(timers), () => this.timedOut());
    if (!transport.reliable) this.startTimer("A", this.interval, () => this.retransmit());
    this.transmit(this.request);
  }

  /** A response that matches this transaction (17.1.3). */
  receive(response: SipResponse): void {
    switch (this.state) {
      case "calling":
      case "proceeding":
        this.receiveFirst(response);
        return;
      case "completed":
        if (response.status >= 300 && this.ack !== undefined) this.transmit(this.ack);
        return;
      case "accepted":
        if (response.status >= 200 && response.status < 300) this.handlers.onResponse(response);
        return;
      case "terminated":
        return;
    }
  }

  private receiveFirst(response: SipResponse): void {
    this.stopTimer("A");
    this.stopTimer("B");
    const { timers, transport } = this.context;
    if (response.status < 200) {
      this.moveTo("proceeding");
    } else if (response.status < 300) {
      this.moveTo("accepted");
      this.startTimer("M", lifetime(timers), () => this.moveTo("terminated"));
    } else {
      this.moveTo("completed");
      this.ack = ackFor(this.request, response);
      this.transmit(this.ack);
      this.startTimer("D", transport.reliable ? 0 : timerD(timers), () => this.moveTo("terminated"));
    }
    this.handlers.onResponse(response);
  }

  private retransmit(): void {
    this.interval *= 2;
    this.startTimer("A", this.interval, () => this.retransmit());
    this.transmit(this.request);
  }

  private timedOut(): void {
    this.moveTo("terminated");
    this.handlers.onTimeout();
  }

  protected override transportFailed(error: Error): void {
    const wasDone = this.state === "accepted";
    this.moveTo("terminated");
    if (!wasDone) this.handlers.onTransportError(error);
  }
}

/** The ACK to a non-2xx (17.1.1.3): the INVITE's Via, so that it matches its transaction, and the response's To. */
export function ackFor(invite: SipRequest, response: SipResponse): SipRequest {
  return inviteCompanion("ACK", invite, response.get("to"));
}

/** CANCEL of an INVITE (9.1): everything as in the INVITE, To without a tag that only came later. */
export function cancelFor(invite: SipRequest): SipRequest {
  return inviteCompanion("CANCEL", invite, invite.get("to"));
}

function inviteCompanion(method: "ACK" | "CANCEL", invite: SipRequest, to: string | undefined): SipRequest {
  const headers: [string, string][] = [["Via", invite.values("via")[0] ?? ""]];
  for (const route of invite.values("route")) headers.push(["Route", route]);
  headers.push(["From", invite.get("from") ?? ""], ["To", to ?? ""], ["Call-ID", invite.callId]);
  headers.push(["CSeq", `${invite.cseq.number} ${method}`]);
  return SipRequest.create({ method, uri: invite.uri, headers });
}
