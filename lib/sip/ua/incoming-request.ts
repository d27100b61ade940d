import type { Clock } from "../clock";
import { SipError } from "../errors";
import { newTag } from "../identifiers";
import { type HeaderInit, type SipRequest, SipResponse } from "../message";
import {
  type ServerHandlers,
  ServerInviteTransaction,
  type ServerTransaction,
  type TimerValues,
} from "../transactions";
import type { Flow } from "../transport/transport";
import { Acceptance } from "./acceptance";
import { Dialog } from "./dialog";
import type { DialogTable } from "./dialog-table";

/** What requests need of their agent. */
export interface IncomingContext {
  readonly clock: Clock;
  readonly timers: TimerValues;
  readonly dialogs: DialogTable;
  /** 2xx that wait for their ACK, by `acceptanceKey`. */
  readonly acceptances: Map<string, Acceptance>;
  /** Server header. */
  readonly name: string | undefined;
}

export interface RespondInit {
  readonly reason?: string | undefined;
  readonly headers?: HeaderInit | undefined;
  readonly body?: Buffer | string | undefined;
}

export interface AcceptInit extends RespondInit {
  /** Contact URI, without brackets: where the peer sends requests of the dialog. */
  readonly contact: string;
}

export function acceptanceKey(dialog: Dialog, sequence: number): string {
  return `${dialog.id} ${sequence}`;
}

/** A request that waits for its response. */
export class IncomingRequest {
  /** The dialog that the request belongs to, or that an answer to this INVITE has made. */
  dialog: Dialog | undefined;
  /** INVITE only: the caller cancelled; CANCEL has been answered 200 and the INVITE 487 by then. */
  onCancel: (() => void) | undefined;
  /** To tag of all our responses. */
  readonly localTag: string;
  private acceptance: Acceptance | undefined;

  constructor(
    readonly request: SipRequest,
    readonly flow: Flow,
    private readonly transaction: ServerTransaction,
    private readonly context: IncomingContext,
    dialog: Dialog | undefined,
  ) {
    this.dialog = dialog;
    this.localTag = request.to.tag ?? newTag();
  }

  /** What the transaction is to be told. */
  readonly handlers: ServerHandlers = {
    onTransportError: (error) =>
      this.acceptance?.fail(new SipError("transport", "the 2xx could not be sent", { cause: error })),
    onTimeout: () => undefined,
    onAck: (ack) => this.acceptance?.acknowledge(ack),
  };

  /** Whether a final response can still be given. */
  get isPending(): boolean {
    const { state } = this.transaction;
    return state === "trying" || state === "proceeding";
  }

  /**
   * Build a response and send it. After a final one nothing is sent any more. A 101 to 199 to INVITE with Contact
   * makes the early dialog. Throws SipError "use-accept" for a 2xx to INVITE, "forbidden-response" as RFC 4320 says.
   */
  respond(status: number, init: RespondInit = {}): SipResponse {
    const isInvite = this.transaction instanceof ServerInviteTransaction;
    if (isInvite && status >= 200 && status < 300) {
      throw new SipError("use-accept", "a 2xx to INVITE is sent by accept(), which waits for the ACK");
    }
    const response = this.build(status, init);
    if (isInvite && status > 100 && status < 200 && response.has("contact")) this.openDialog(response);
    if (this.transaction.respond(response) && isInvite && status >= 300) this.dropEarlyDialog();
    return response;
  }

  /**
   * INVITE only: send 200, again and again until the ACK comes (13.3.1.4), and resolve with the ACK. `dialog` is
   * there at once. Rejects with SipError "no-ack" after 64*T1 (a BYE is due then), "transport", "closed", or
   * "not-pending" when the INVITE was answered or cancelled before.
   */
  accept({ contact, ...init }: AcceptInit): Promise<SipRequest> {
    const { transaction, context } = this;
    if (!(transaction instanceof ServerInviteTransaction) || !this.isPending) {
      return Promise.reject(new SipError("not-pending", `this ${this.request.method} can't be accepted`));
    }
    const response = this.build(200, {
      ...init,
      headers: [["Contact", `<${contact}>`], ...(init.headers ?? [])],
    });
    const dialog = this.openDialog(response);
    dialog.confirm();
    const key = acceptanceKey(dialog, this.request.cseq.number);
    this.acceptance = new Acceptance(transaction, response, context.clock, context.timers, () =>
      context.acceptances.delete(key),
    );
    context.acceptances.set(key, this.acceptance);
    return this.acceptance.acknowledged;
  }

  /** A CANCEL matches this INVITE (9.2): 487, unless it has its final response. */
  cancel(): void {
    if (!this.isPending) return;
    this.respond(487);
    this.onCancel?.();
  }

  private build(status: number, { reason, headers = [], body }: RespondInit): SipResponse {
    const { name } = this.context;
    const all: HeaderInit = name === undefined ? headers : [...headers, ["Server", name]];
    return SipResponse.to(this.request, status, { reason, headers: all, body, toTag: this.localTag });
  }

  private openDialog(response: SipResponse): Dialog {
    this.dialog ??= this.context.dialogs.add(Dialog.fromRequest(this.request, response, this.flow));
    return this.dialog;
  }

  private dropEarlyDialog(): void {
    if (this.dialog?.state === "early") this.context.dialogs.end(this.dialog);
  }
}
