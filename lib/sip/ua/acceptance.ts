import type { Clock, Timer } from "../clock";
import { SipError } from "../errors";
import type { SipRequest, SipResponse } from "../message";
import { lifetime, type ServerInviteTransaction, type TimerValues } from "../transactions";

/** A 2xx to INVITE on its way: sent again until the ACK comes (13.3.1.4), over reliable transports too. */
export class Acceptance {
  /** The ACK. Rejects with SipError "no-ack", "transport" or "closed". Nobody has to look at it. */
  readonly acknowledged: Promise<SipRequest>;
  private resolve: (ack: SipRequest) => void = () => undefined;
  private reject: (error: SipError) => void = () => undefined;
  private resend: Timer | undefined;
  private readonly giveUp: Timer;

  constructor(
    private readonly transaction: ServerInviteTransaction,
    private readonly response: SipResponse,
    private readonly clock: Clock,
    private readonly timers: TimerValues,
    private readonly onEnd: () => void,
  ) {
    this.acknowledged = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.acknowledged.catch(() => undefined);
    this.giveUp = clock.after(lifetime(timers), () =>
      this.fail(new SipError("no-ack", "no ACK to the 2xx within 64*T1")),
    );
    transaction.respond(response);
    this.scheduleResend(timers.t1);
  }

  acknowledge(ack: SipRequest): void {
    this.end();
    this.resolve(ack);
  }

  fail(error: SipError): void {
    this.end();
    this.reject(error);
  }

  private scheduleResend(delay: number): void {
    this.resend = this.clock.after(delay, () => {
      this.transaction.respond(this.response);
      this.scheduleResend(Math.min(2 * delay, this.timers.t2));
    });
  }

  private end(): void {
    this.resend?.cancel();
    this.giveUp.cancel();
    this.onEnd();
  }
}
