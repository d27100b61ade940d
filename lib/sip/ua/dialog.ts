import type { HeaderInit, SipRequest, SipResponse } from "../message";
import type { Flow } from "../transport/transport";

/** Dialog state of RFC 3261 12. Pure: builds and judges messages, sends nothing. */
export class Dialog {
  readonly callId!: string;
  readonly localTag!: string;
  readonly remoteTag!: string;
  readonly state!: "early" | "confirmed" | "terminated";
  readonly remoteTarget!: string;
  readonly routeSet!: readonly string[];
  readonly localSequence!: number;
  readonly remoteSequence!: number | undefined;
  /** Where to send requests of the dialog. */
  flow!: Flow;

  /** 12.1.2: from the request that was sent and its 1xx or 2xx with a To tag. */
  static fromResponse(_request: SipRequest, _response: SipResponse, _flow: Flow): Dialog {
    throw new Error("not written yet");
  }

  /** 12.1.1: from the request that came and the response that was sent. */
  static fromRequest(_request: SipRequest, _response: SipResponse, _flow: Flow): Dialog {
    throw new Error("not written yet");
  }

  /** A request inside the dialog (12.2.1.1), CSeq raised (not for ACK and CANCEL). */
  request(_method: string, _init?: { headers?: HeaderInit; body?: Buffer | string }): SipRequest {
    throw new Error("not written yet");
  }

  /** ACK for a 2xx (13.2.2.4). */
  ack(_inviteSequence: number, _init?: { headers?: HeaderInit; body?: Buffer | string }): SipRequest {
    throw new Error("not written yet");
  }

  /** Judge an incoming request (12.2.2): "ok", or the status to answer (500 for an old CSeq). Target refreshed. */
  receive(_request: SipRequest): "ok" | 500 {
    throw new Error("not written yet");
  }

  confirm(_response: SipResponse): void {
    throw new Error("not written yet");
  }

  terminate(): void {
    throw new Error("not written yet");
  }
}
