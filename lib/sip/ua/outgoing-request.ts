import type { Clock, Timer } from "../clock";
import { SipError } from "../errors";
import type { SipRequest, SipResponse } from "../message";
import type { ClientTransaction, TransactionLayer } from "../transactions";
import type { Flow } from "../transport/transport";
import { FlowTransport } from "./flow-transport";
import type { Pending, PendingSet } from "./pending";

export interface SendOptions {
  readonly flow: Flow;
  /** Milliseconds until the request is given up, whatever the timers say. @default 64*T1 (INVITE: 180 s) */
  readonly deadline?: number | undefined;
  readonly onProvisional?: ((response: SipResponse) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface OutgoingContext {
  readonly clock: Clock;
  readonly layer: TransactionLayer<FlowTransport>;
  readonly pending: PendingSet;
}

/**
 * Run one non-INVITE client transaction to its end. Rejects with SipError "timeout", "transport", "aborted" (cause:
 * the signal's reason) or "closed".
 */
export function sendRequest(
  request: SipRequest,
  options: SendOptions,
  { clock, layer, pending }: OutgoingContext,
): Promise<SipResponse> {
  const { flow, signal, deadline } = options;
  return new Promise((resolve, reject) => {
    let transaction: ClientTransaction | undefined;
    let timer: Timer | undefined;
    const settle = () => {
      pending.delete(item);
      timer?.cancel();
      signal?.removeEventListener("abort", aborted);
    };
    const item: Pending = {
      flow,
      fail(error) {
        settle();
        transaction?.terminate();
        reject(error);
      },
    };
    const aborted = () =>
      item.fail(new SipError("aborted", `${request.method} aborted`, { cause: signal?.reason }));
    const timedOut = () => item.fail(new SipError("timeout", `no final response to ${request.method}`));
    if (signal?.aborted) {
      aborted();
      return;
    }
    pending.add(item);
    signal?.addEventListener("abort", aborted, { once: true });
    if (deadline !== undefined) timer = clock.after(deadline, timedOut);
    transaction = layer.request(request, new FlowTransport(flow), {
      onResponse(response) {
        if (response.status < 200) {
          options.onProvisional?.(response);
          return;
        }
        settle();
        resolve(response);
      },
      onTimeout: timedOut,
      onTransportError: (cause) =>
        item.fail(new SipError("transport", `${request.method}: ${cause.message}`, { cause })),
    });
  });
}
