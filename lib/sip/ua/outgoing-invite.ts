import type { Timer } from "../clock";
import { SipError } from "../errors";
import type { SipRequest, SipResponse } from "../message";
import { type ClientTransaction, cancelFor, lifetime, type TimerValues } from "../transactions";
import { Dialog } from "./dialog";
import type { DialogTable } from "./dialog-table";
import { FlowTransport } from "./flow-transport";
import type { OutgoingContext, SendOptions } from "./outgoing-request";

export interface InviteOptions extends SendOptions {
  /** Body of the ACK to a 2xx (its Content-Type is application/sdp). */
  readonly ackBody?: Buffer | string | undefined;
}

export interface InviteContext extends OutgoingContext {
  readonly timers: TimerValues;
  readonly dialogs: DialogTable;
  /** Send an ACK outside any transaction, with a Via of its own. */
  sendAck(ack: SipRequest, dialog: Dialog): void;
  /** End a dialog that nobody wants: a second 2xx of a forked INVITE (13.2.2.4). */
  hangUp(dialog: Dialog): void;
}

export interface InviteOutcome {
  /** The first final response. */
  readonly response: SipResponse;
  /** For a 2xx: confirmed, and acknowledged. */
  readonly dialog: Dialog | undefined;
}

/** Milliseconds: above 3 minutes by which ringing phones give up (16.6(11) names it for proxies). */
const DEFAULT_DEADLINE = 180_000;

/** An INVITE under way (RFC 3261 13.2). */
export class OutgoingInvite {
  /**
   * Rejects with SipError "timeout" (timer B; or the deadline, after a CANCEL), "transport", "aborted", "closed".
   * A cancelled INVITE normally ends with 487; where the 2xx was faster, the dialog is up and has to be ended.
   */
  readonly final: Promise<InviteOutcome>;
  /** By the first 101 to 199 with a To tag. */
  earlyDialog: Dialog | undefined;
  private readonly transaction: ClientTransaction;
  private resolve: (outcome: InviteOutcome) => void = () => undefined;
  private reject: (error: SipError) => void = () => undefined;
  private settled = false;
  private cancelState: "no" | "wanted" | "sent" = "no";
  private timer: Timer | undefined;
  private accepted: { dialog: Dialog; ack: SipRequest } | undefined;
  private readonly onAbort = () => this.cancel();

  constructor(
    /** As it was sent. */
    readonly request: SipRequest,
    private readonly options: InviteOptions,
    private readonly context: InviteContext,
  ) {
    this.final = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    const { clock, layer, pending } = context;
    pending.add(this);
    this.timer = clock.after(options.deadline ?? DEFAULT_DEADLINE, () => this.cancel());
    options.signal?.addEventListener("abort", this.onAbort, { once: true });
    this.transaction = layer.request(request, new FlowTransport(options.flow), {
      onResponse: (response) => this.receive(response),
      onTimeout: () => this.fail(new SipError("timeout", "no response to INVITE")),
      onTransportError: (cause) =>
        this.fail(new SipError("transport", `INVITE: ${cause.message}`, { cause })),
    });
    if (options.signal?.aborted) this.cancel();
  }

  get flow() {
    return this.options.flow;
  }

  /** CANCEL (9.1), once a provisional response has come. A no-op after the final response. */
  cancel(): void {
    if (this.settled || this.cancelState === "sent") return;
    this.cancelState = "wanted";
    if (this.transaction.state === "proceeding") this.sendCancel();
  }

  /** End without the network's help. */
  fail(error: SipError): void {
    if (this.settled) return;
    this.settle();
    this.transaction.terminate();
    this.dropEarlyDialog();
    this.reject(error);
  }

  private receive(response: SipResponse): void {
    if (response.status < 200) this.receiveProvisional(response);
    else if (response.status < 300) this.receiveSuccess(response);
    else this.receiveFailure(response);
  }

  private receiveProvisional(response: SipResponse): void {
    if (this.cancelState === "wanted") this.sendCancel();
    if (response.status > 100 && response.to.tag !== undefined) this.earlyDialog ??= this.dialogOf(response);
    this.options.onProvisional?.(response);
  }

  private receiveSuccess(response: SipResponse): void {
    const { accepted, context } = this;
    if (accepted !== undefined && response.to.tag === accepted.dialog.remoteTag) {
      context.sendAck(accepted.ack, accepted.dialog); // the 2xx came again, so the ACK was lost
      return;
    }
    const dialog = this.dialogOf(response);
    dialog.confirm(response);
    const { ackBody } = this.options;
    const init = ackBody === undefined ? {} : { headers: SDP_TYPE, body: ackBody };
    const ack = dialog.ack(this.request.cseq.number, init);
    context.sendAck(ack, dialog);
    if (this.settled) {
      context.hangUp(dialog);
      return;
    }
    this.accepted = { dialog, ack };
    if (this.earlyDialog !== dialog) this.dropEarlyDialog();
    this.settle();
    this.resolve({ response, dialog });
  }

  private receiveFailure(response: SipResponse): void {
    this.settle();
    this.dropEarlyDialog();
    this.resolve({ response, dialog: undefined });
  }

  /** The dialog of a response: known (early, or a re-INVITE's), or new. */
  private dialogOf(response: SipResponse): Dialog {
    const { dialogs } = this.context;
    const known = dialogs.ofResponse(response);
    return known ?? dialogs.add(Dialog.fromResponse(this.request, response, this.options.flow));
  }

  private sendCancel(): void {
    this.cancelState = "sent";
    const { layer, clock, timers } = this.context;
    const ignored = {
      onResponse: () => undefined,
      onTimeout: () => undefined,
      onTransportError: () => undefined,
    };
    layer.request(cancelFor(this.request), new FlowTransport(this.options.flow), ignored);
    // 9.1: a server of RFC 2543 sends no 487.
    this.timer?.cancel();
    this.timer = clock.after(lifetime(timers), () =>
      this.fail(new SipError("timeout", "no final response to INVITE after CANCEL")),
    );
  }

  private settle(): void {
    this.settled = true;
    this.timer?.cancel();
    this.context.pending.delete(this);
    this.options.signal?.removeEventListener("abort", this.onAbort);
  }

  private dropEarlyDialog(): void {
    if (this.earlyDialog?.state === "early") this.context.dialogs.end(this.earlyDialog);
  }
}

const SDP_TYPE = [["Content-Type", "application/sdp"]] as const;
