import { randomUUID } from "node:crypto";
import type { Call, CallChange, CallOutcome } from "../../../assets/call-control/src/calls/call";
import type { CampaignCallRequest, Seat } from "../../../assets/call-control/src/calls/calls";
import { CallError } from "../../../assets/call-control/src/calls/calls";
import type { DialedCalls } from "../../../assets/call-control/src/campaigns/dialer";
import type { Clock, Timer } from "../../../lib/sip";

/** How customers behave; times are in seconds. */
export interface CustomerHabits {
  /** Share of the calls that are answered, at so many seconds after the start. */
  answerRate(elapsed: number): number;
  readonly ring: readonly [from: number, to: number];
  readonly meanTalk: number;
}

/** Of the logarithm: most talk shortly, a few for very long. */
const TALK_SPREAD = 0.8;

interface SimulatedCustomer {
  call: Call;
  next?: Timer;
}

/** Customers who are called, and answer or don't, talk and hang up: what calls do without Asterisk. */
export class SimulatedCustomers implements DialedCalls {
  readonly #customers = new Map<string, SimulatedCustomer>();
  readonly #start: number;
  begun = 0;
  answered = 0;
  abandoned = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly habits: CustomerHabits,
    private readonly tell: (change: CallChange) => void,
  ) {
    this.#start = clock.now();
  }

  find(id: string): Call | undefined {
    return this.#customers.get(id)?.call;
  }

  async dial({ to, campaignId, callId, channelId, ringSeconds }: CampaignCallRequest): Promise<Call> {
    const call: Call = {
      ...{ id: callId, channelId, campaignId, type: "campaign", status: "ringing", from: "+31201234567", to },
      ...{ startedAt: this.#date(), onHold: false },
    };
    this.begun++;
    const customer: SimulatedCustomer = { call };
    this.#customers.set(callId, customer);
    const answers = this.random() < this.habits.answerRate((this.clock.now() - this.#start) / 1_000);
    const [from, to_] = this.habits.ring;
    if (answers) this.#later(customer, from + this.random() * (to_ - from), () => this.#answer(customer));
    // Of the others, a third is busy, which is told soon; with the rest nobody is at home.
    else if (this.random() < 1 / 3)
      this.#later(customer, 1 + 3 * this.random(), () => this.#end(customer, "busy"));
    else this.#later(customer, ringSeconds, () => this.#end(customer, "no_answer"));
    return call;
  }

  async connect(id: string, seatId: string): Promise<Call> {
    const customer = this.#known(id);
    customer.call = { ...customer.call, agent: seatId };
    const spread = TALK_SPREAD * this.#normal() - TALK_SPREAD ** 2 / 2;
    this.#later(customer, this.habits.meanTalk * Math.exp(spread), () => this.#end(customer, "answered"));
    return customer.call;
  }

  async abandon(id: string): Promise<void> {
    this.abandoned++;
    this.#end(this.#known(id), "abandoned");
  }

  async hangup(id: string): Promise<Call> {
    const customer = this.#known(id);
    this.#end(customer, customer.call.answeredAt === undefined ? "cancelled" : "answered");
    return customer.call;
  }

  async openSeat(agent: string): Promise<Seat> {
    return { id: agent, agent, channelId: randomUUID() };
  }

  async closeSeat(): Promise<void> {}

  #answer(customer: SimulatedCustomer): void {
    this.answered++;
    customer.call = { ...customer.call, status: "answered", answeredAt: this.#date() };
    this.tell({ what: "answered", at: this.#date(), call: customer.call });
  }

  #end(customer: SimulatedCustomer, outcome: CallOutcome): void {
    customer.next?.cancel();
    customer.call = { ...customer.call, status: "ended", endedAt: this.#date(), outcome };
    this.#customers.delete(customer.call.id);
    this.tell({ what: "ended", at: this.#date(), call: customer.call });
  }

  #later(customer: SimulatedCustomer, seconds: number, action: () => void): void {
    customer.next = this.clock.after(seconds * 1_000, action);
  }

  #known(id: string): SimulatedCustomer {
    const customer = this.#customers.get(id);
    if (customer === undefined) throw new CallError("CALL_NOT_FOUND", `there is no call ${id}`);
    return customer;
  }

  #date(): Date {
    return new Date(this.clock.now());
  }

  /** Box and Muller's. */
  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
  }
}
