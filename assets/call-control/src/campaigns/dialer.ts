import { randomUUID } from "node:crypto";
import { Backoff } from "../../../../lib/ami";
import type { Logger } from "../../../../lib/service";
import type { Clock, Timer } from "../../../../lib/sip";
import type { Call, CallChange } from "../calls/call";
import { CallError, type Calls, type Seat } from "../calls/calls";
import { newLegId } from "../calls/leg";
import type { Campaign, PlannedCall, Queue, QueueEntry, Withdrawal } from "./campaign";
import { type Customer, Customers } from "./customers";
import { type Agent, Desk } from "./desk";
import { Figures } from "./figures";
import { callsToBegin, type Situation } from "./pacing";
import { afterCall } from "./retry";
import { Settlements } from "./settlements";

/** What a dialer asks of calls. */
export type DialedCalls = Pick<
  Calls,
  "find" | "dial" | "hangup" | "openSeat" | "closeSeat" | "connect" | "abandon"
>;

export interface DialerParts {
  readonly calls: DialedCalls;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly log: Logger;
  /** Writes an agent down; undefined: has left. */
  readonly saveAgent: (dn: string, agent: Agent | undefined) => void;
  /** Nothing is left to be called. */
  readonly onFinished: () => void;
}

/** Milliseconds. */
const times = {
  tick: 1_000,
  /** From one look into an empty queue to the next: others may have put something in. */
  empty: 5_000,
  /** Until a number is tried again that Asterisk did not dial. */
  again: 60_000,
} as const;

/** What goes on, for those who look. */
export interface DialerView {
  /** Why it begins no calls, if it doesn't. */
  readonly reason: string | undefined;
  readonly ringing: number;
  readonly waiting: number;
  readonly connected: number;
}

/**
 * Dials one campaign: begins calls as pacing says, puts customers who answer through to the agent who has been ready for
 * longest, and writes down what became of each number. While it's held it begins nothing, and follows its calls to their end.
 */
export class Dialer {
  readonly desk: Desk;
  readonly figures = new Figures();
  readonly #customers: Customers;
  readonly #settlements: Settlements;
  readonly #backoff = new Backoff({ initial: 1_000, maximum: 10_000, minimum: 500 }, Math.random);
  #trouble?: { readonly reason: string; readonly until: number };
  #held: string | undefined = "it is being taken over";
  /** Who waits for a number to be dialled, by its entry. */
  readonly #awaited = new Map<string, (outcome: Call | CallError) => void>();
  #pumping?: Promise<void>;
  #pumpAgain = false;
  #claimAt = 0;
  #restUntil = 0;
  #timer?: Timer;
  #stopped = false;

  constructor(
    private campaign: Campaign,
    private readonly parts: DialerParts,
  ) {
    this.#settlements = new Settlements(parts.queue, parts.log);
    this.desk = new Desk(parts.clock, {
      changed: parts.saveAgent,
      ready: () => this.#work(),
      vacated: (seatId) => this.#closeSeat(seatId),
    });
    const { calls, queue, clock, log } = parts;
    this.#customers = new Customers({
      ...{ calls, queue, clock, log, desk: this.desk, figures: this.figures },
      wrapUp: () => this.#wrapUp,
      ended: (plan, outcome) => {
        const verdict = afterCall(outcome, plan.entry.attempts, this.campaign.retry, clock.now());
        this.#settlements.add(plan, outcome, verdict);
      },
      moved: () => this.#work(),
    });
    this.#tickLater();
  }

  get view(): DialerView {
    const count = (state: Customer["state"]) => this.#customers.in(state).length;
    const reason = this.#held ?? this.#trouble?.reason;
    return { reason, ringing: count("ringing"), waiting: count("waiting"), connected: count("connected") };
  }

  /** Nothing would be lost without it. */
  get idle(): boolean {
    return this.#customers.size === 0 && this.desk.agents.length === 0 && this.#settlements.waiting === 0;
  }

  /** The numbers whose claims have to be renewed. */
  get entryIds(): string[] {
    return [...this.#customers.entryIds, ...this.#settlements.entryIds];
  }

  /** @param held why it must not begin calls; undefined: it may */
  update(campaign: Campaign, held: string | undefined): void {
    const isNews = held !== this.#held || campaign.updatedAt.getTime() !== this.campaign.updatedAt.getTime();
    this.campaign = campaign;
    this.#held = held;
    if (isNews) this.wake();
  }

  /** There may be something to dial that wasn't there before. */
  wake(): void {
    this.#claimAt = 0;
    this.#work();
  }

  /** Rings an agent's phone, whose agent has joined or is ready again. */
  async ring(dn: string): Promise<void> {
    try {
      this.desk.seated(dn, await this.parts.calls.openSeat(dn, this.campaign.id));
    } catch (error) {
      this.desk.unseated(dn, (error as Error).message);
    }
  }

  seatClosed(seat: Seat): void {
    this.#customers.seatClosed(seat);
  }

  /** Calls a claimed number for this agent alone. @throws CallError */
  async callFor(dn: string, entry: QueueEntry): Promise<Call> {
    const { queue, clock } = this.parts;
    if (this.#held !== undefined)
      throw new CallError("CALL_STATE", `the campaign does not call: ${this.#held}`);
    const [plan] = await queue.begin([planned(entry)], clock.now());
    if (plan === undefined) throw new CallError("NUMBER_FORBIDDEN", `${entry.phoneNumber} may not be called`);
    // The agent may have gone while that was written.
    if (this.desk.find(dn)?.state !== "ready") {
      this.#withdraw(plan, "cancelled", { status: "waiting", nextAttemptAt: clock.now() });
      throw new CallError("CALL_STATE", `agent ${dn} is not ready`);
    }
    this.desk.take(dn, plan.callId);
    return this.#dial(plan, dn);
  }

  /** The call to a number that is the next to be dialled. @throws CallError when it's not dialled in time */
  whenDialed(entryId: string, within: number): Promise<Call> {
    return new Promise((resolve, reject) => {
      const late = this.parts.clock.after(within, () => {
        const why = this.view.reason ?? "no agent was ready";
        const text = `not dialled within ${within / 1_000} s (${why}): the number stays at the head of the queue`;
        this.#awaited.get(entryId)?.(new CallError("CALL_STATE", text));
      });
      this.#awaited.set(entryId, (outcome) => {
        late.cancel();
        this.#awaited.delete(entryId);
        if (outcome instanceof CallError) reject(outcome);
        else resolve(outcome);
      });
      this.wake();
    });
  }

  /** Takes over a call that goes on since before this dialer. */
  adopt(plan: PlannedCall, call: Call): void {
    this.#customers.adopt(plan, call);
  }

  change(change: CallChange): void {
    this.#customers.change(change);
  }

  /** Begins nothing more. Calls go on, and are taken over by who comes next. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#customers.stop();
    for (const told of this.#awaited.values())
      told(new CallError("CALL_STATE", "the service is being stopped"));
    this.desk.close();
    await this.#pumping;
    await this.#settlements.flush();
  }

  get #wrapUp(): number {
    return this.campaign.wrapUpSeconds * 1_000;
  }

  #tickLater(): void {
    if (!this.#stopped) this.#timer = this.parts.clock.after(times.tick, () => this.#tick());
  }

  #tick(): void {
    this.#tickLater();
    this.#customers.look();
    void this.#settlements.flush();
    this.#work();
  }

  #work(): void {
    this.#customers.match();
    this.#pump();
  }

  /** Begins what is to be begun; asked again meanwhile, once more after that. */
  #pump(): void {
    if (this.#pumping === undefined)
      this.#pumping = this.#beginAll().finally(() => (this.#pumping = undefined));
    else this.#pumpAgain = true;
  }

  async #beginAll(): Promise<void> {
    try {
      do {
        this.#pumpAgain = false;
        await this.#begin();
      } while (this.#pumpAgain && !this.#stopped);
      if (this.#trouble !== undefined && this.parts.clock.now() >= this.#trouble.until)
        this.#trouble = undefined;
    } catch (error) {
      this.#troubled(`the database is away: ${(error as Error).message}`);
    }
  }

  async #begin(): Promise<void> {
    const { queue, clock } = this.parts;
    const now = clock.now();
    if (this.#isHeld || (this.#trouble !== undefined && now < this.#trouble.until)) return;
    const count =
      now < this.#claimAt ? 0 : callsToBegin(this.campaign, this.#situation(now), this.figures, now);
    const entries = count === 0 ? [] : await queue.claim(this.campaign, count, now);
    if (entries.length === 0) return this.#rest(now, count > 0);
    const plans = this.#isHeld ? [] : await queue.begin(entries.map(planned), clock.now());
    const begun = new Set(plans.map(({ entry }) => entry.id));
    const left = entries.filter(({ id }) => !begun.has(id));
    if (left.length > 0) await queue.release(left);
    // Not awaited: each takes as long as Asterisk needs, and pacing counts them from now on.
    for (const plan of plans) void this.#dial(plan).catch(() => undefined);
  }

  /** It may have become so while the database was asked. */
  get #isHeld(): boolean {
    return this.#stopped || this.#held !== undefined;
  }

  #situation(now: number): Situation {
    const wrapUp = this.#wrapUp;
    const agents = this.desk.agents;
    const since = (state: Agent["state"]) =>
      agents.filter((agent) => agent.state === state).map((agent) => now - agent.since);
    return {
      ready: since("ready").length,
      talking: agents
        .filter(({ state, afterwards }) => state === "talking" && afterwards === undefined)
        .map((agent) => now - agent.since),
      wrappingUp: since("wrap_up").map((elapsed) => wrapUp - elapsed),
      wrapUp,
      // Not those who are called for one agent, who is not among the ready.
      ringing: this.#customers
        .in("ringing")
        .filter(({ agent }) => agent === undefined)
        .map(({ begunAt }) => now - begunAt),
      waiting: this.#customers.in("waiting").length,
    };
  }

  /** There was nothing to dial; perhaps there is nothing left at all. */
  async #rest(now: number, empty: boolean): Promise<void> {
    if (!empty && now < this.#restUntil) return;
    const due = await this.parts.queue.nextDue(this.campaign.id);
    this.#restUntil = now + times.empty;
    if (empty) this.#claimAt = Math.min(this.#restUntil, Math.max(due ?? Infinity, now + times.tick));
    if (due !== undefined || this.#customers.size > 0 || this.#settlements.waiting > 0) return;
    if (await this.parts.queue.finish(this.campaign.id)) this.parts.onFinished();
  }

  /** @param agent who is to have the customer; undefined: who is ready then */
  async #dial(plan: PlannedCall, agent?: string): Promise<Call> {
    const { callerId, ringSeconds, id: campaignId } = this.campaign;
    this.#customers.begin(plan, agent);
    try {
      const call = await this.parts.calls.dial({
        to: plan.entry.phoneNumber,
        campaignId,
        queueEntryId: plan.entry.id,
        callId: plan.callId,
        channelId: plan.channelId,
        ...(callerId === null ? {} : { callerId }),
        ringSeconds,
      });
      this.#backoff.reset();
      this.#awaited.get(plan.entry.id)?.(call);
      return call;
    } catch (error) {
      this.#notDialed(plan, error as Error);
      throw error;
    }
  }

  #notDialed(plan: PlannedCall, error: Error): void {
    if (!this.#customers.withdraw(plan.callId)) return;
    const now = this.parts.clock.now();
    const code = error instanceof CallError ? error.code : undefined;
    if (code === "NUMBER_INVALID" || code === "NUMBER_FORBIDDEN") {
      this.#withdraw(plan, "forbidden", { status: "blocked" });
    } else {
      this.#troubled(`Asterisk does not dial: ${error.message}`);
      this.#withdraw(plan, "failed", { status: "waiting", nextAttemptAt: now + times.again });
    }
    this.#work();
  }

  #withdraw(plan: PlannedCall, outcome: string, to: Withdrawal): void {
    this.#settlements.withdraw(plan, outcome, to);
    void this.#settlements.flush();
  }

  #closeSeat(seatId: string): void {
    this.parts.calls.closeSeat(seatId).catch((error: Error) => {
      this.parts.log.warn({ seat: seatId, error: error.message }, "an agent's phone is not hung up");
    });
  }

  /** Begins nothing for a while, and longer when it goes on. */
  #troubled(reason: string): void {
    const now = this.parts.clock.now();
    if (this.#trouble !== undefined && now < this.#trouble.until) return;
    if (this.#trouble?.reason !== reason)
      this.parts.log.warn({ campaign: this.campaign.name, reason }, "no calls");
    this.#trouble = { reason, until: now + this.#backoff.next() };
  }
}

/** Call and channel get their ids before anything is dialled. */
function planned(entry: QueueEntry): PlannedCall {
  const callId = randomUUID();
  return { entry, callId, channelId: newLegId(callId, "customer") };
}
