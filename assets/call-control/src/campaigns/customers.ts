import type { Logger } from "../../../../lib/service";
import type { Clock, Timer } from "../../../../lib/sip";
import type { Call, CallChange, CallOutcome } from "../calls/call";
import { CallError, type Calls, type Seat } from "../calls/calls";
import type { PlannedCall, Queue } from "./campaign";
import type { Agent, Desk } from "./desk";
import type { Figures } from "./figures";
import { PATIENCE } from "./pacing";

/** Milliseconds after which a call that nobody knows any more is lost. */
const LOST = 30_000;

/** Tries to put one customer through. */
const MAX_CONNECTS = 3;

/** A customer who is called, from when that begins to when it's over. */
export interface Customer {
  readonly plan: PlannedCall;
  readonly begunAt: number;
  /** leaving: nobody waits for it any more but its end. */
  state: "ringing" | "waiting" | "connected" | "leaving";
  /** Who has the customer; in preview, who will. */
  agent?: string;
  answeredAt?: number;
  /** Spoke with an agent. */
  served: boolean;
  connects: number;
  patience?: Timer;
  missingSince?: number;
}

export interface CustomersParts {
  readonly calls: Pick<Calls, "find" | "hangup" | "connect" | "abandon">;
  readonly queue: Pick<Queue, "connected">;
  readonly desk: Desk;
  readonly figures: Figures;
  /** Milliseconds since 1970. */
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds that an agent has for what comes after a call. */
  readonly wrapUp: () => number;
  /** It's over; for somebody who answered and found no agent the outcome is `abandoned`, however the call ended. */
  readonly ended: (plan: PlannedCall, outcome: CallOutcome) => void;
  /** There may be more or less to dial than before. */
  readonly moved: () => void;
}

/** The customers of a campaign: who answers is put through to the agent who has been ready for longest. */
export class Customers {
  readonly #byCall = new Map<string, Customer>();
  #stopped = false;

  constructor(private readonly parts: CustomersParts) {}

  get size(): number {
    return this.#byCall.size;
  }

  get entryIds(): string[] {
    return [...this.#byCall.values()].map(({ plan }) => plan.entry.id);
  }

  /** Those who are in a state. */
  in(state: Customer["state"]): Customer[] {
    return [...this.#byCall.values()].filter((customer) => customer.state === state);
  }

  /** A call to a customer begins. @param agent who is to have the customer; undefined: who is ready then */
  begin(plan: PlannedCall, agent: string | undefined): void {
    const begunAt = this.parts.clock.now();
    this.#byCall.set(plan.callId, { plan, begunAt, state: "ringing", agent, served: false, connects: 0 });
  }

  /** The call was not dialled after all. False: its end was told already, so that it counts as one. */
  withdraw(callId: string): boolean {
    const customer = this.#byCall.get(callId);
    if (customer === undefined) return false;
    this.#byCall.delete(callId);
    if (customer.agent !== undefined) this.parts.desk.giveBack(customer.agent, customer.begunAt);
    return true;
  }

  /** Takes over a call that goes on since before this dialer. */
  adopt(plan: PlannedCall, call: Call): void {
    if (this.#byCall.has(plan.callId)) return;
    const { agent } = call;
    const customer: Customer = {
      plan,
      begunAt: call.startedAt.getTime(),
      state: agent !== undefined ? "connected" : call.answeredAt === undefined ? "ringing" : "leaving",
      agent,
      answeredAt: call.answeredAt?.getTime(),
      served: agent !== undefined,
      connects: 0,
    };
    this.#byCall.set(plan.callId, customer);
    // It has waited longer than anybody does.
    if (customer.state === "leaving") this.#abandon(customer);
  }

  change({ what, call }: CallChange): void {
    if (this.#stopped) return;
    const customer = this.#byCall.get(call.id);
    if (customer === undefined) return;
    if (what === "answered" && customer.state === "ringing") this.#answered(customer);
    else if (what === "transferred") this.#transferred(customer, call);
    else if (what === "ended") this.#ended(customer, call.outcome ?? "failed");
  }

  /** An agent's phone has ended its call. */
  seatClosed(seat: Seat): void {
    const { desk } = this.parts;
    if (desk.find(seat.agent)?.seatId !== seat.id) return;
    const callId = desk.unseated(seat.agent, "the phone's call has ended: get ready to have it rung again");
    // An agent hangs up by hanging up the phone.
    const customer = callId === undefined ? undefined : this.#byCall.get(callId);
    if (customer?.agent === seat.agent) this.#hangUp(customer);
  }

  /** Looks for calls whose end was not told, and lets go of those for whom nobody would be there. */
  look(): void {
    for (const customer of this.#byCall.values()) this.#lookFor(customer);
    if (this.parts.desk.agents.some(({ state }) => state !== "paused")) return;
    for (const customer of this.in("ringing")) this.#hangUp(customer);
  }

  /** Puts those who wait, the longest first, through to those who are ready. */
  match(): void {
    const waiting = this.in("waiting").sort((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0));
    for (const customer of waiting) {
      const agent = this.parts.desk.longestReady();
      if (agent === undefined) return;
      this.parts.desk.take(agent.dn, customer.plan.callId);
      void this.#connect(customer, agent);
    }
  }

  /** They go on, and are taken over by who comes next. */
  stop(): void {
    this.#stopped = true;
    for (const { patience } of this.#byCall.values()) patience?.cancel();
  }

  /** A call that is not known any more without that its end was told. */
  #lookFor(customer: Customer): void {
    const now = this.parts.clock.now();
    if (this.parts.calls.find(customer.plan.callId) !== undefined) customer.missingSince = undefined;
    else customer.missingSince ??= now;
    if (customer.missingSince === undefined || now - customer.missingSince < LOST) return;
    this.#ended(customer, customer.served ? "answered" : "lost");
  }

  #answered(customer: Customer): void {
    const now = this.parts.clock.now();
    customer.answeredAt = now;
    this.parts.figures.dialled(now, now - customer.begunAt, true);
    const agent = customer.agent === undefined ? undefined : this.parts.desk.find(customer.agent);
    if (agent?.callId === customer.plan.callId) {
      void this.#connect(customer, agent);
      return;
    }
    customer.agent = undefined;
    customer.state = "waiting";
    customer.patience = this.parts.clock.after(PATIENCE, () => {
      if (customer.state === "waiting") this.#abandon(customer);
    });
    this.parts.moved();
  }

  /** The agent has been taken for this call already. */
  async #connect(customer: Customer, { dn, seatId, since }: Agent): Promise<void> {
    const { callId } = customer.plan;
    customer.state = "connected";
    customer.agent = dn;
    customer.connects++;
    try {
      await this.parts.calls.connect(callId, seatId ?? "");
      customer.served = true;
      await this.parts.queue.connected(customer.plan, dn).catch((error: Error) => {
        this.parts.log.warn({ call: callId, error: error.message }, "who speaks is not written down");
      });
    } catch (error) {
      this.parts.log.warn({ call: callId, agent: dn, error: (error as Error).message }, "not put through");
      if (this.#byCall.get(callId)?.agent !== dn || customer.state !== "connected") return;
      customer.agent = undefined;
      this.#reconnect(customer, dn, since, error as Error);
    }
  }

  /** A customer was not put through: the customer has gone, or the agent's phone has, or Asterisk does not do it. */
  #reconnect(customer: Customer, dn: string, since: number, error: Error): void {
    const gone = this.parts.calls.find(customer.plan.callId) === undefined;
    const code = error instanceof CallError ? error.code : undefined;
    // The end of a customer who has gone is about to be told.
    if (!gone) customer.state = "waiting";
    if (gone || code === "ASTERISK" || code === "CALL_STATE") this.parts.desk.giveBack(dn, since);
    else this.parts.desk.unseated(dn, error.message);
    if (gone) return;
    const waited = this.parts.clock.now() - (customer.answeredAt ?? 0);
    if (waited >= PATIENCE || customer.connects >= MAX_CONNECTS) this.#abandon(customer);
    else this.match();
  }

  #transferred(customer: Customer, call: Call): void {
    if (customer.agent === undefined || call.agent === customer.agent) return;
    this.#agentDone(customer);
    customer.agent = undefined;
  }

  #ended(customer: Customer, outcome: CallOutcome): void {
    const now = this.parts.clock.now();
    this.#byCall.delete(customer.plan.callId);
    customer.patience?.cancel();
    if (customer.answeredAt === undefined) this.parts.figures.dialled(now, now - customer.begunAt, false);
    // Hung up before an agent was there, which is not what their outcome says.
    const unserved = customer.answeredAt !== undefined && !customer.served;
    if (unserved && customer.state !== "leaving") this.parts.figures.abandoned(now);
    this.#agentDone(customer);
    const became = unserved ? "abandoned" : outcome;
    this.parts.ended(customer.plan, became);
    this.parts.moved();
  }

  /** The agent has a customer no longer. */
  #agentDone({ agent: dn, plan, begunAt, answeredAt, served }: Customer): void {
    if (dn === undefined) return;
    const now = this.parts.clock.now();
    if (served) {
      this.parts.figures.talked(now, now - (answeredAt ?? begunAt));
      this.parts.desk.callEnded(dn, plan.callId, this.parts.wrapUp());
    } else {
      this.parts.desk.giveBack(dn, begunAt);
    }
  }

  #abandon(customer: Customer): void {
    customer.state = "leaving";
    this.parts.figures.abandoned(this.parts.clock.now());
    this.parts.calls.abandon(customer.plan.callId).catch((error: Error) => this.#notEnded(customer, error));
  }

  #hangUp(customer: Customer): void {
    customer.state = "leaving";
    this.parts.calls.hangup(customer.plan.callId).catch((error: Error) => this.#notEnded(customer, error));
  }

  #notEnded({ plan }: Customer, error: Error): void {
    this.parts.log.warn({ call: plan.callId, error: error.message }, "a call is not ended");
  }
}
