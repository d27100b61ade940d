import type { SipRequest, SipResponse } from "../message";
import { lifetime } from "./timers";
import { Transaction, type TransactionContext } from "./transaction";

/** What a client transaction tells its user. After a final response, timeout or error comes nothing more. */
export interface ClientHandlers {
  /** Provisional and final responses; for an INVITE every 2xx that comes (RFC 6026 7.2). */
  onResponse(response: SipResponse): void;
  /** Timer B or F fired. */
  onTimeout(): void;
  onTransportError(error: Error): void;
}

type State = "trying" | "proceeding" | "completed";

/** RFC 3261 17.1.2. */
export class ClientNonInviteTransaction extends Transaction<State> {
  private interval: number;

  constructor(
    readonly request: SipRequest,
    context: TransactionContext,
    private readonly handlers: ClientHandlers,
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
    this.interval = context.timers.t1;
  }

  /** Send the request and start timers E and F. */
  start(): void {
    const { timers, transport } = this.context;
    this.startTimer("F", lifetime(timers), () => this.timedOut());
    if (!transport.reliable) this.startTimer("E", this.interval, () => this.retransmit());
    this.transmit(this.request);
  }

  /** A response that matches this transaction (17.1.3). */
  receive(response: SipResponse): void {
    if (this.state === "completed" || this.state === "terminated") return; // a retransmission, absorbed
    if (response.status < 200) {
      this.moveTo("proceeding");
    } else {
      this.moveTo("completed");
      this.stopTimer("E");
      this.stopTimer("F");
      const { timers, transport } = this.context;
      this.startTimer("K", transport.reliable ? 0 : timers.t4, () => this.moveTo("terminated"));
    }
    this.handlers.onResponse(response);
  }

  private retransmit(): void {
    const { t2 } = this.context.timers;
    this.interval = this.state === "trying" ? Math.min(2 * this.interval, t2) : t2;
    this.startTimer("E", this.interval, () => this.retransmit());
    this.transmit(this.request);
  }

  private timedOut(): void {
    this.moveTo("terminated");
    this.handlers.onTimeout();
  }

  protected override transportFailed(error: Error): void {
    const wasDone = this.state === "completed";
    this.moveTo("terminated");
    if (!wasDone) this.handlers.onTransportError(error);
  }
}
