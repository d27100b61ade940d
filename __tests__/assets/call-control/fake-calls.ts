import { EventEmitter } from "node:events";
import type { Call, CallChange } from "../../../assets/call-control/src/calls/call";
import { CallError, type Calls, type Seat } from "../../../assets/call-control/src/calls/calls";

export const callId = "5f0f1e0a-6f7c-4c3e-9a55-2d3d0f6f1b11";

/** A call of 1001 with a number outside. */
export function someCall(part: Partial<Call> = {}): Call {
  return {
    id: callId,
    type: "outbound",
    status: "answered",
    channelId: "channel-1",
    from: "1001",
    to: "+31201234567",
    agent: "1001",
    trunk: "provider",
    startedAt: new Date("2026-03-02T09:30:00Z"),
    answeredAt: new Date("2026-03-02T09:30:05Z"),
    onHold: false,
    ...part,
  };
}

/** Calls without an Asterisk: what was asked of them is in `asked`, and `refusal` is what they answer next. */
export class FakeCalls implements Calls {
  readonly asked: unknown[] = [];
  readonly all = new Map<string, Call>();
  refusal?: Error;
  readonly #events = new EventEmitter();

  add(call: Call): Call {
    this.all.set(call.id, call);
    return call;
  }

  tell(what: CallChange["what"], call: Call): void {
    if (what === "ended") this.all.delete(call.id);
    else this.all.set(call.id, call);
    this.#events.emit("change", { what, at: new Date("2026-03-02T09:31:00Z"), call } satisfies CallChange);
  }

  live(): readonly Call[] {
    return [...this.all.values()];
  }

  find(call: string): Call | undefined {
    return [...this.all.values()].find(({ id, channelId }) => id === call || channelId === call);
  }

  originate = async (request: { to: string; agent: string }) => {
    const call = someCall({ status: "dialing", from: request.agent, agent: request.agent, to: request.to });
    return this.#answer(["originate", request], call);
  };
  hangup = async (call: string) => this.#change(["hangup", call]);
  transfer = async (call: string, to: string, mode: string) => this.#change(["transfer", call, to, mode]);
  completeTransfer = async (call: string) => this.#change(["completeTransfer", call]);
  cancelTransfer = async (call: string) => this.#change(["cancelTransfer", call]);
  hold = async (call: string) => this.#change(["hold", call]);
  resume = async (call: string) => this.#change(["resume", call]);
  sendDtmf = async (call: string, digits: string) => this.#change(["sendDtmf", call, digits]);
  dial = async () => someCall({ type: "campaign" });
  openSeat = async (agent: string): Promise<Seat> => ({ id: "seat", agent, channelId: "seat-channel" });
  closeSeat = async () => {};
  seats = () => [];
  connect = async (call: string) => this.#change(["connect", call]);
  abandon = async () => {};

  on(event: "change", listener: (change: CallChange) => void): this;
  on(event: "seatClosed", listener: (seat: Seat) => void): this;
  on(event: string, listener: ((change: CallChange) => void) | ((seat: Seat) => void)): this {
    this.#events.on(event, listener);
    return this;
  }

  #change(asked: [string, string, ...unknown[]]): Call {
    const call = this.find(asked[1]);
    if (call === undefined) throw new CallError("CALL_NOT_FOUND", `no call ${asked[1]}`);
    return this.#answer(asked, call);
  }

  #answer(asked: unknown, call: Call): Call {
    this.asked.push(asked);
    if (this.refusal !== undefined) throw this.refusal;
    return call;
  }
}
