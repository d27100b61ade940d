import type { Clock } from "../clock";
import type { HeaderInit, SipRequest, SipResponse } from "../message";
import type { Flow, Transport } from "../transport/transport";
import type { Dialog } from "./dialog";

export interface UserAgentOptions {
  readonly transports: readonly Transport[];
  /** User-Agent / Server header. */
  readonly name?: string;
  readonly clock?: Clock;
  /** A new request; not called for ACK to non-2xx, CANCEL of a known INVITE (see IncomingRequest.onCancel) or retransmissions. */
  readonly onRequest?: (incoming: IncomingRequest) => void;
  /** Something was dropped; for logs. */
  readonly onDropped?: (why: string, flow: Flow) => void;
}

/** A request that waits for its response. */
export interface IncomingRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** Dialog that the request belongs to, if it is one of this agent's. */
  readonly dialog: Dialog | undefined;
  /** Build (SipResponse.to, with this agent's To tag) and send. A 2xx to INVITE goes through `accept`. */
  respond(
    status: number,
    init?: { reason?: string; headers?: HeaderInit; body?: Buffer | string },
  ): SipResponse;
  /**
   * INVITE only: send 2xx, retransmit it until the ACK comes (RFC 3261 13.3.1.4), resolve with the ACK. Rejects
   * with SipError "no-ack" after 64*T1. The dialog exists at once as `incoming.dialog`.
   */
  accept(init: { contact: string; headers?: HeaderInit; body?: Buffer | string }): Promise<SipRequest>;
  /** INVITE only: called when the caller cancels; CANCEL has been answered 200 and the INVITE 487 by then. */
  onCancel: (() => void) | undefined;
}

export interface SendOptions {
  readonly flow: Flow;
  /** Milliseconds until the request is given up, whatever the timers say. @default 64*T1 (INVITE: 180 s) */
  readonly deadline?: number;
  readonly onProvisional?: (response: SipResponse) => void;
  readonly signal?: AbortSignal;
}

/** An INVITE under way. */
export interface OutgoingInvite {
  /** The first final response; a 2xx has been acknowledged (retransmissions too) and made `dialog`. */
  readonly final: Promise<{ response: SipResponse; dialog: Dialog | undefined }>;
  /** Early dialog, by the first 1xx with a To tag. */
  readonly earlyDialog: Dialog | undefined;
  /** CANCEL (RFC 3261 9.1): waits for a provisional response first. */
  cancel(): void;
}

/** Transports and transactions under one roof (RFC 3261 8, 12, 13). */
export class UserAgent {
  constructor(_options: UserAgentOptions) {}

  /**
   * Send a request (not INVITE, not ACK) in a client transaction and resolve with the final response. Via is added.
   * Rejects with SipError: "timeout" (timer F or deadline), "transport" (cause set), "aborted", "closed".
   */
  send(_request: SipRequest, _options: SendOptions): Promise<SipResponse> {
    throw new Error("not written yet");
  }

  invite(_request: SipRequest, _options: SendOptions & { ackBody?: Buffer | string }): OutgoingInvite {
    throw new Error("not written yet");
  }

  /** Send an in-dialog request built by `dialog.request` to where the dialog's flow leads. */
  sendInDialog(
    _dialog: Dialog,
    _method: string,
    _init?: { headers?: HeaderInit; body?: Buffer | string; deadline?: number },
  ): Promise<SipResponse> {
    throw new Error("not written yet");
  }

  /** Ends every transaction with "closed". Transports stay open: their owner closes them. */
  close(): void {
    throw new Error("not written yet");
  }
}
