import type { Call, CallChange } from "../../../assets/call-control/src/calls/call";
import type { Calls, Seat } from "../../../assets/call-control/src/calls/calls";
import { FakeLines } from "../../assets/call-control/campaigns/support";

const none = async (): Promise<never> => {
  throw new Error("no campaign asks for this");
};

/** Calls of an instance of the service whose customers do what a test says. */
export class FakeSwitch extends FakeLines implements Calls {
  readonly #seats = new Map<string, Seat>();

  constructor() {
    super({ now: () => Date.now() });
  }

  readonly originate = none;
  readonly transfer = none;
  readonly completeTransfer = none;
  readonly cancelTransfer = none;
  readonly hold = none;
  readonly resume = none;
  readonly sendDtmf = none;

  live(): readonly Call[] {
    return [...this.calls.values()];
  }

  override async openSeat(agent: string): Promise<Seat> {
    const seat = await super.openSeat(agent);
    this.#seats.set(seat.id, seat);
    return seat;
  }

  override async closeSeat(seatId: string): Promise<void> {
    await super.closeSeat(seatId);
    this.#seats.delete(seatId);
  }

  seats(): readonly Seat[] {
    return [...this.#seats.values()];
  }

  on(event: "change", listener: (change: CallChange) => void): this;
  on(event: "seatClosed", listener: (seat: Seat) => void): this;
  on(event: string, listener: ((change: CallChange) => void) | ((seat: Seat) => void)): this {
    if (event === "change") this.changed = listener as (change: CallChange) => void;
    return this;
  }

  /** The numbers that were dialled. */
  get dialed(): string[] {
    return this.asked.filter((what) => what.startsWith("dial ")).map((what) => what.slice(5));
  }
}
