import { type Clock, systemClock } from "../clock";
import { SipError, type SipParseError } from "../errors";
import { type HeaderInit, type Message, type SipRequest, SipResponse } from "../message";
import { stampSource } from "../proxy/via";
import {
  defaultTimers,
  type ServerHandlers,
  type ServerInviteTransaction,
  type ServerTransaction,
  type TimerValues,
  TransactionLayer,
} from "../transactions";
import type { Flow, Transport } from "../transport/transport";
import { checkMandatory } from "../validate";
import type { Acceptance } from "./acceptance";
import type { Dialog } from "./dialog";
import { DialogTable } from "./dialog-table";
import { FlowTransport, isOwnVia, newVia } from "./flow-transport";
import { acceptanceKey, IncomingRequest } from "./incoming-request";
import { type InviteOptions, OutgoingInvite } from "./outgoing-invite";
import { type SendOptions, sendRequest } from "./outgoing-request";
import { PendingSet } from "./pending";

export interface UserAgentOptions {
  /** More can be added later with `attach`. */
  readonly transports?: readonly Transport[] | undefined;
  /** User-Agent and Server header. @default none */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly timers?: TimerValues | undefined;
  /** Dialogs held at most; more INVITEs get 503. @default 10000 */
  readonly maxDialogs?: number | undefined;
  /** Server transactions held at most; more requests get 503. @default 200000 */
  readonly maxServerTransactions?: number | undefined;
  /**
   * A new request. Not called for what is handled here: retransmissions, CANCEL (see IncomingRequest.onCancel), ACK
   * (see accept), requests of unknown or ended dialogs (481), old CSeq (500). @default everything gets 501
   */
  readonly onRequest?: ((incoming: IncomingRequest) => void) | undefined;
  /** Something was dropped or refused without the user seeing it; for logs. */
  readonly onDropped?: ((why: string, flow: Flow) => void) | undefined;
}

const NO_HANDLERS: ServerHandlers = { onTransportError: () => undefined, onTimeout: () => undefined };

/** Transports and transactions under one roof (RFC 3261 8, 12, 13). It does not own the transports. */
export class UserAgent {
  readonly clock: Clock;
  private readonly timers: TimerValues;
  private readonly layer: TransactionLayer<FlowTransport>;
  private readonly dialogs: DialogTable;
  private readonly acceptances = new Map<string, Acceptance>();
  private readonly pending = new PendingSet();
  private readonly invites = new WeakMap<ServerTransaction, IncomingRequest>();
  private readonly detachers = new Map<Transport, () => void>();
  private closed = false;

  constructor(private readonly options: UserAgentOptions) {
    this.clock = options.clock ?? systemClock;
    this.timers = options.timers ?? defaultTimers;
    this.dialogs = new DialogTable(options.maxDialogs ?? 10_000);
    this.layer = new TransactionLayer<FlowTransport>({
      clock: this.clock,
      timers: this.timers,
      maxServerTransactions: options.maxServerTransactions,
      onRequest: (request, transaction, { flow }, cancelled) =>
        request.method === "CANCEL"
          ? this.receiveCancel(request, transaction, cancelled)
          : this.receiveNew(request, transaction, flow),
      onAck: (ack) => this.receiveAck(ack),
    });
    for (const transport of options.transports ?? []) this.attach(transport);
  }

  /** Dialogs that are early or confirmed. */
  get dialogCount(): number {
    return this.dialogs.size;
  }

  /** Take messages of one more transport, until it is detached or the agent closed. */
  attach(transport: Transport): void {
    if (this.closed) throw new SipError("closed", "the user agent is closed");
    if (this.detachers.has(transport)) return;
    const onMessage = (message: Message, flow: Flow) => this.receive(message, flow);
    const onMalformed = (fault: SipParseError, flow: Flow, message: Message | undefined) =>
      this.refuse(fault, flow, message);
    const onFlowClosed = (flow: Flow, error: Error | undefined) => this.pending.failFlow(flow, error);
    transport.on("message", onMessage).on("malformed", onMalformed).on("flowClosed", onFlowClosed);
    this.detachers.set(transport, () =>
      transport.off("message", onMessage).off("malformed", onMalformed).off("flowClosed", onFlowClosed),
    );
  }

  detach(transport: Transport): void {
    this.detachers.get(transport)?.();
    this.detachers.delete(transport);
  }

  /**
   * Send a request (not INVITE, not ACK) in a client transaction and resolve with the final response. A copy gets
   * Via and User-Agent. Rejects with SipError: "timeout" (timer F or deadline), "transport" (cause set), "aborted",
   * "closed".
   */
  send(request: SipRequest, options: SendOptions): Promise<SipResponse> {
    if (this.closed) return Promise.reject(new SipError("closed", "the user agent is closed"));
    const { clock, layer, pending } = this;
    return sendRequest(this.prepare(request, options.flow), options, { clock, layer, pending });
  }

  /** Send an INVITE, outside a dialog or built by `dialog.request("INVITE")`. Throws SipError "closed". */
  invite(request: SipRequest, options: InviteOptions): OutgoingInvite {
    if (this.closed) throw new SipError("closed", "the user agent is closed");
    return new OutgoingInvite(this.prepare(request, options.flow), options, {
      clock: this.clock,
      timers: this.timers,
      layer: this.layer,
      pending: this.pending,
      dialogs: this.dialogs,
      sendAck: (ack, dialog) => this.sendAck(ack, dialog),
      hangUp: (dialog) => {
        this.sendInDialog(dialog, "BYE").catch(() => undefined); // the dialog is gone either way
      },
    });
  }

  /**
   * Send a request other than INVITE in a dialog, over the dialog's flow. BYE ends the dialog at once (15.1.1), 481
   * and 408 end it too (12.2.1.2). Rejects as `send` does, and with "no-dialog" when it has ended.
   */
  async sendInDialog(
    dialog: Dialog,
    method: string,
    init: { headers?: HeaderInit; body?: Buffer | string; deadline?: number } = {},
  ): Promise<SipResponse> {
    if (dialog.state === "terminated") throw new SipError("no-dialog", `${method}: the dialog has ended`);
    const request = dialog.request(method, init);
    if (method === "BYE") this.dialogs.end(dialog);
    const response = await this.send(request, { flow: dialog.flow, deadline: init.deadline });
    if (response.status === 481 || response.status === 408) this.dialogs.end(dialog);
    return response;
  }

  /** Forget a dialog whose peer is gone, without a BYE. */
  endDialog(dialog: Dialog): void {
    this.dialogs.end(dialog);
  }

  /** Everything under way fails with "closed". Transports stay open: their owner closes them. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const transport of [...this.detachers.keys()]) this.detach(transport);
    const error = new SipError("closed", "the user agent was closed");
    this.pending.failAll(error);
    for (const acceptance of [...this.acceptances.values()]) acceptance.fail(error);
    this.layer.close();
  }

  private receive(message: Message, flow: Flow): void {
    const fault = checkMandatory(message);
    if (fault !== undefined) {
      this.refuse(fault, flow, message);
    } else if (message.isRequest) {
      stampSource(message, flow.remote);
      this.layer.receiveRequest(message, new FlowTransport(flow));
    } else if (isOwnVia(message.via, flow.transport)) {
      this.layer.receiveResponse(message, new FlowTransport(flow));
    } else {
      this.options.onDropped?.(`response with a Via that is not ours: ${message.via}`, flow); // 18.1.2
    }
  }

  /** Answer what can't be used, outside any transaction; ACK and responses are dropped. */
  private refuse(fault: SipParseError, flow: Flow, message: Message | undefined): void {
    this.options.onDropped?.(fault.message, flow);
    if (message === undefined || !message.isRequest || message.method === "ACK") return;
    try {
      stampSource(message, flow.remote);
      const response = SipResponse.to(message, fault.status);
      new FlowTransport(flow).send(response).catch(() => undefined); // the peer sends it again or not
    } catch {
      // No Via that leads back: there is nobody to answer to.
    }
  }

  private receiveNew(request: SipRequest, transaction: ServerTransaction, flow: Flow): ServerHandlers {
    const dialog = this.dialogs.ofRequest(request);
    const incoming = new IncomingRequest(request, flow, transaction, this.incomingContext(), dialog);
    const refusal = this.dialogRefusal(request, dialog);
    if (refusal !== undefined) {
      this.options.onDropped?.(`${request.method} refused with ${refusal}`, flow);
      incoming.respond(refusal);
      return incoming.handlers;
    }
    if (request.method === "INVITE") this.invites.set(transaction, incoming);
    if (request.method === "BYE" && dialog !== undefined) this.dialogs.end(dialog);
    if (this.options.onRequest === undefined) incoming.respond(501);
    else {
      try {
        this.options.onRequest(incoming);
      } catch (error) {
        incoming.respond(500); // the peer has to hear something; the fault is the caller's to see
        throw error;
      }
    }
    return incoming.handlers;
  }

  /** 12.2.2; undefined when nothing is wrong. */
  private dialogRefusal(request: SipRequest, dialog: Dialog | undefined): number | undefined {
    if (dialog !== undefined) return dialog.receive(request) === "ok" ? undefined : 500;
    if (request.to.tag !== undefined) return 481;
    if (request.method !== "INVITE") return undefined;
    return this.dialogs.isFull ? 503 : undefined;
  }

  /** 9.2: 200 with the To tag of the INVITE's answers, then 487 to the INVITE. */
  private receiveCancel(
    request: SipRequest,
    transaction: ServerTransaction,
    cancelled: ServerInviteTransaction | undefined,
  ): ServerHandlers {
    const invite = cancelled === undefined ? undefined : this.invites.get(cancelled);
    transaction.respond(
      SipResponse.to(request, invite === undefined ? 481 : 200, { toTag: invite?.localTag }),
    );
    invite?.cancel();
    return NO_HANDLERS;
  }

  private receiveAck(ack: SipRequest): void {
    const dialog = this.dialogs.ofRequest(ack);
    if (dialog !== undefined) this.acceptances.get(acceptanceKey(dialog, ack.cseq.number))?.acknowledge(ack);
  }

  private sendAck(ack: SipRequest, dialog: Dialog): void {
    const { transport } = dialog.flow;
    const bytes = this.prepare(ack, dialog.flow).toBuffer();
    transport.send(bytes, dialog.flow).catch(() => undefined); // the 2xx comes again, and with it this ACK
  }

  private prepare(request: SipRequest, flow: Flow): SipRequest {
    const prepared = request.clone().prepend("Via", newVia(flow.transport));
    const { name } = this.options;
    if (name !== undefined && !prepared.has("user-agent")) prepared.append("User-Agent", name);
    return prepared;
  }

  private incomingContext() {
    const { clock, timers, dialogs, acceptances } = this;
    return { clock, timers, dialogs, acceptances, name: this.options.name };
  }
}
