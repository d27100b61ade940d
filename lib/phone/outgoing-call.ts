import type { Dialog, OutgoingInvite, SipResponse, UserAgent } from "../sip";
import { PhoneError } from "./errors";
import { within } from "./waiting";

export interface OutgoingCallOptions {
  readonly agent: UserAgent;
  readonly dn: string;
  readonly deadlineMs: number;
  /** Sends the INVITE, a second time with credentials when `challenge` brings one. */
  readonly send: (
    onProvisional: (response: SipResponse) => void,
    challenge: SipResponse | undefined,
  ) => OutgoingInvite | undefined;
}

/** A call that this phone makes. Every wait ends after a deadline: PhoneError "deadline". */
export class OutgoingCall {
  /** 1xx in the order of their arrival, without 100. */
  public readonly provisional: SipResponse[] = [];
  private readonly rang: Promise<SipResponse>;
  private readonly concluded: Promise<SipResponse>;
  private readonly over: Promise<"local" | "remote">;
  private signalRang!: (response: SipResponse) => void;
  private signalOver!: (by: "local" | "remote") => void;
  private invite: OutgoingInvite | undefined;
  private confirmed: Dialog | undefined;
  private cancelled = false;
  private finished = false;

  constructor(private readonly options: OutgoingCallOptions) {
    this.over = new Promise((resolve) => {
      this.signalOver = (by) => {
        this.finished = true;
        resolve(by);
      };
    });
    const ringing = new Promise<SipResponse>((resolve) => {
      this.signalRang = resolve;
    });
    this.concluded = this.place(undefined);
    this.rang = Promise.race([ringing, this.concluded.then((final) => this.refuseUnlessSuccess(final))]);
    // Whoever waits gets the error; nobody has to wait.
    this.rang.catch(() => undefined);
    this.concluded.then(
      (final) => {
        if (final.status >= 300) this.finished = true;
      },
      () => {
        this.finished = true;
      },
    );
  }

  /** The first 18x, or the 2xx of a phone that answers at once. Rejects with "refused" and the status otherwise. */
  public ringing(deadlineMs = this.options.deadlineMs): Promise<SipResponse> {
    return within(this.rang, deadlineMs, `${this.options.dn} to ring`);
  }

  /** The final response, whatever it is. */
  public final(deadlineMs = this.options.deadlineMs): Promise<SipResponse> {
    return within(this.concluded, deadlineMs, `a final response to the INVITE of ${this.options.dn}`);
  }

  /** The 2xx. Rejects with "refused" and the status for any other final response. */
  public async answered(deadlineMs = this.options.deadlineMs): Promise<SipResponse> {
    return this.refuseUnlessSuccess(await this.final(deadlineMs));
  }

  /** Gives up before it is answered; resolves with the final response: 487, or 2xx when that was faster. */
  public cancel(deadlineMs = this.options.deadlineMs): Promise<SipResponse> {
    this.cancelled = true;
    this.invite?.cancel();
    return this.final(deadlineMs);
  }

  /** Hangs up; resolves with the answer to BYE. */
  public async bye(deadlineMs = this.options.deadlineMs): Promise<SipResponse> {
    if (!this.confirmed)
      throw new PhoneError("state", `the call to ${this.options.dn} is not answered: cancel it`);
    const response = await this.options.agent.sendInDialog(this.confirmed, "BYE", { deadline: deadlineMs });
    this.signalOver("local");
    return response;
  }

  /** Waits until somebody has hung up an answered call, and says which side. */
  public ended(deadlineMs = this.options.deadlineMs): Promise<"local" | "remote"> {
    return within(this.over, deadlineMs, `the call to ${this.options.dn} to end`);
  }

  /** The call's dialog: early when it rings, confirmed when it is answered. */
  public get dialog(): Dialog | undefined {
    return this.confirmed ?? this.invite?.earlyDialog;
  }

  /** True when nothing more can happen in it. */
  public get isOver(): boolean {
    return this.finished;
  }

  /** @internal The other side sent BYE. */
  public hungUp(): void {
    this.signalOver("remote");
  }

  private async place(challenge: SipResponse | undefined): Promise<SipResponse> {
    const invite = this.options.send((response) => {
      if (response.status === 100) return;
      this.provisional.push(response);
      if (response.status >= 180) this.signalRang(response);
    }, challenge);
    if (!invite) return challenge as SipResponse;
    this.invite = invite;
    if (this.cancelled) invite.cancel();
    let final: Awaited<OutgoingInvite["final"]>;
    try {
      final = await invite.final;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PhoneError("failed", `INVITE of ${this.options.dn}: ${why}`, undefined, { cause: error });
    }
    const { response, dialog } = final;
    const isChallenge = response.status === 401 || response.status === 407;
    if (isChallenge && challenge === undefined) return this.place(response);
    this.confirmed = dialog;
    return response;
  }

  private refuseUnlessSuccess(final: SipResponse): SipResponse {
    if (final.status < 300) return final;
    throw new PhoneError(
      "refused",
      `the call to ${this.options.dn} was refused: ${final.status} ${final.reason}`,
      final.status,
    );
  }
}
