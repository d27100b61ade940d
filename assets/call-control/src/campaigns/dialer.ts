import { randomUUID } from "node:crypto";
import { Backoff } from "../../../../lib/ami";
import type { Logger } from "../../../../lib/service";
import type { Clock, Timer } from "../../../../lib/sip";
import type { Call, CallChange, CallOutcome } from "../calls/call";
import { CallError, type Calls, type Seat } from "../calls/calls";
import { newLegId } from "../calls/leg";
import type { Campaign, PlannedCall, Queue, QueueEntry, Withdrawal } from "./campaign";
import { type Agent, Desk } from "./desk";
import { Figures } from "./figures";
import { callsToBegin, PATIENCE, type Situation } from "./pacing";
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
  /** After which a call that nobody knows any more is lost. */
  lost: 30_000,
} as const;

/** Tries to put one customer through. */
const MAX_CONNECTS = 3;

/** A call that a dialer has begun, or taken over. */
interface Attempt {
  readonly plan: PlannedCall;
  readonly begunAt: number;
  /** leaving: nobody waits for it any more but its end. */
  state: "ringing" | "waiting" | "connected" | "leaving";
  /** Who has it; in preview, who will. */
  agent?: string;
  answeredAt?: number;
  /** Spoke with an agent. */
  served: boolean;
  connects: number;
  patience?: Timer;
  missingSince?: number;
}

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
  readonly #attempts = new Map<string, Attempt>();
  readonly #settlements: Settlements;
  readonly #backoff = new Backoff({ initial: 1_000, maximum: 10_000, minimum: 500 }, Math.random);
  #trouble?: { readonly reason: string; readonly until: number };
  #held: string | undefined = "it is being taken over";
  /** Who waits for a number to be dialled, by its entry. */
  readonly #awaited = new Map<string, (call: Call) => void>();
  #pumping = false;
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
    this.#tickLater();
  }

  get view(): DialerView {
    const count = (state: Attempt["state"]) =>
      [...this.#attempts.values()].filter((attempt) => attempt.state === state).length;
    const reason = this.#held ?? this.#trouble?.reason;
    return { reason, ringing: count("ringing"), waiting: count("waiting"), connected: count("connected") };
  }

  /** Nothing would be lost without it. */
  get idle(): boolean {
    return this.#attempts.size === 0 && this.desk.agents.length === 0 && this.#settlements.waiting === 0;
  }

  /** The numbers whose claims have to be renewed. */
  get entryIds(): string[] {
    return [...[...this.#attempts.values()].map(({ plan }) => plan.entry.id), ...this.#settlements.entryIds];
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
    const agent = this.desk.find(seat.agent);
    if (agent?.seatId !== seat.id) return;
    const callId = this.desk.unseated(
      seat.agent,
      "the phone's call has ended: get ready to have it rung again",
    );
    // An agent hangs up by hanging up the phone.
    const attempt = callId === undefined ? undefined : this.#attempts.get(callId);
    if (attempt?.agent === seat.agent) this.#hangUp(attempt);
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
      const seconds = within / 1_000;
      const late = this.parts.clock.after(within, () => {
        this.#awaited.delete(entryId);
        const why = this.view.reason ?? "no agent was ready";
        const text = `not dialled within ${seconds} s (${why}): the number stays at the head of the queue`;
        reject(new CallError("CALL_STATE", text));
      });
      this.#awaited.set(entryId, (call) => {
        late.cancel();
        this.#awaited.delete(entryId);
        resolve(call);
      });
      this.wake();
    });
  }

  /** Takes over a call that goes on since before this dialer. */
  adopt(plan: PlannedCall, call: Call): void {
    if (this.#attempts.has(plan.callId)) return;
    const { agent } = call;
    const attempt: Attempt = {
      plan,
      begunAt: call.startedAt.getTime(),
      state: agent !== undefined ? "connected" : call.answeredAt === undefined ? "ringing" : "leaving",
      agent,
      answeredAt: call.answeredAt?.getTime(),
      served: agent !== undefined,
      connects: 0,
    };
    this.#attempts.set(plan.callId, attempt);
    // It has waited longer than anybody does.
    if (attempt.state === "leaving") this.#abandon(attempt);
  }

  change({ what, call }: CallChange): void {
    const attempt = this.#attempts.get(call.id);
    if (attempt === undefined) return;
    if (what === "answered" && attempt.state === "ringing") this.#answered(attempt);
    else if (what === "transferred") this.#transferred(attempt, call);
    else if (what === "ended") this.#ended(attempt, call.outcome ?? "failed");
  }

  /** Begins nothing more. Calls go on, and are taken over by who comes next. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const { patience } of this.#attempts.values()) patience?.cancel();
    this.desk.close();
    await this.#settlements.flush();
  }

  #tickLater(): void {
    if (!this.#stopped) this.#timer = this.parts.clock.after(times.tick, () => this.#tick());
  }

  #tick(): void {
    this.#tickLater();
    for (const attempt of this.#attempts.values()) this.#lookFor(attempt);
    if (!this.desk.agents.some(({ state }) => state !== "paused")) {
      // Nobody would be there for those who answer.
      for (const attempt of this.#attempts.values()) if (attempt.state === "ringing") this.#hangUp(attempt);
    }
    void this.#settlements.flush();
    this.#work();
  }

  /** A call that is not known any more without that its end was told. */
  #lookFor(attempt: Attempt): void {
    const now = this.parts.clock.now();
    if (this.parts.calls.find(attempt.plan.callId) !== undefined) attempt.missingSince = undefined;
    else attempt.missingSince ??= now;
    if (attempt.missingSince === undefined || now - attempt.missingSince < times.lost) return;
    this.#ended(attempt, attempt.served ? "answered" : "lost");
  }

  #work(): void {
    this.#match();
    void this.#pump();
  }

  /** Puts those who wait through to those who are ready. */
  #match(): void {
    for (const attempt of this.#attempts.values()) {
      if (attempt.state !== "waiting") continue;
      const agent = this.desk.longestReady();
      if (agent === undefined) return;
      this.desk.take(agent.dn, attempt.plan.callId);
      void this.#connect(attempt, agent);
    }
  }

  async #pump(): Promise<void> {
    if (this.#pumping) {
      this.#pumpAgain = true;
      return;
    }
    this.#pumping = true;
    try {
      do {
        this.#pumpAgain = false;
        await this.#begin();
      } while (this.#pumpAgain && !this.#stopped);
      if (this.#trouble !== undefined && this.parts.clock.now() >= this.#trouble.until)
        this.#trouble = undefined;
    } catch (error) {
      this.#troubled(`the database is away: ${(error as Error).message}`);
    } finally {
      this.#pumping = false;
    }
  }

  async #begin(): Promise<void> {
    const { queue, clock } = this.parts;
    const now = clock.now();
    if (this.#stopped || this.#held !== undefined) return;
    if (this.#trouble !== undefined && now < this.#trouble.until) return;
    const count =
      now < this.#claimAt ? 0 : callsToBegin(this.campaign, this.#situation(now), this.figures, now);
    const entries = count === 0 ? [] : await queue.claim(this.campaign, count, now);
    if (entries.length === 0) return this.#rest(now, count > 0);
    const plans = await queue.begin(entries.map(planned), clock.now());
    const begun = new Set(plans.map(({ entry }) => entry.id));
    const left = entries.filter(({ id }) => !begun.has(id));
    if (left.length > 0) await queue.release(left);
    // Not awaited: each takes as long as Asterisk needs, and pacing counts them from now on.
    for (const plan of plans) void this.#dial(plan).catch(() => undefined);
  }

  #situation(now: number): Situation {
    const wrapUp = this.campaign.wrapUpSeconds * 1_000;
    const agents = this.desk.agents;
    const since = (state: Agent["state"]) =>
      agents.filter((agent) => agent.state === state).map((agent) => now - agent.since);
    const attempts = [...this.#attempts.values()];
    return {
      ready: since("ready").length,
      talking: agents
        .filter(({ state, afterwards }) => state === "talking" && afterwards === undefined)
        .map((agent) => now - agent.since),
      wrappingUp: since("wrap_up").map((elapsed) => wrapUp - elapsed),
      wrapUp,
      ringing: attempts.filter(({ state }) => state === "ringing").map(({ begunAt }) => now - begunAt),
      waiting: attempts.filter(({ state }) => state === "waiting").length,
    };
  }

  /** There was nothing to dial; perhaps there is nothing left at all. */
  async #rest(now: number, empty: boolean): Promise<void> {
    if (!empty && now < this.#restUntil) return;
    const due = await this.parts.queue.nextDue(this.campaign.id);
    this.#restUntil = now + times.empty;
    if (empty) this.#claimAt = Math.min(this.#restUntil, Math.max(due ?? Infinity, now + times.tick));
    if (due !== undefined || this.#attempts.size > 0 || this.#settlements.waiting > 0) return;
    if (await this.parts.queue.finish(this.campaign.id)) this.parts.onFinished();
  }

  /** @param agent who is to have the customer; undefined: who is ready then */
  async #dial(plan: PlannedCall, agent?: string): Promise<Call> {
    const { calls, clock } = this.parts;
    const { callerId, ringSeconds, id: campaignId } = this.campaign;
    const begunAt = clock.now();
    this.#attempts.set(plan.callId, { plan, begunAt, state: "ringing", agent, served: false, connects: 0 });
    try {
      const call = await calls.dial({
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
    const attempt = this.#attempts.get(plan.callId);
    // Its end was told already: it counts as a call.
    if (attempt === undefined) return;
    this.#attempts.delete(plan.callId);
    const now = this.parts.clock.now();
    if (attempt.agent !== undefined) this.desk.giveBack(attempt.agent, attempt.begunAt);
    const code = error instanceof CallError ? error.code : undefined;
    if (code === "NUMBER_INVALID" || code === "NUMBER_FORBIDDEN") {
      this.#withdraw(plan, "forbidden", { status: "blocked" });
    } else {
      this.#troubled(`Asterisk does not dial: ${error.message}`);
      this.#withdraw(plan, "failed", { status: "waiting", nextAttemptAt: now + times.again });
    }
    this.#work();
  }

  #answered(attempt: Attempt): void {
    const now = this.parts.clock.now();
    attempt.answeredAt = now;
    this.figures.dialled(now, now - attempt.begunAt, true);
    const agent = attempt.agent === undefined ? undefined : this.desk.find(attempt.agent);
    if (agent?.callId === attempt.plan.callId) {
      void this.#connect(attempt, agent);
      return;
    }
    attempt.agent = undefined;
    attempt.state = "waiting";
    attempt.patience = this.parts.clock.after(PATIENCE, () => {
      if (attempt.state === "waiting") this.#abandon(attempt);
    });
    this.#work();
  }

  /** The agent has been taken for this call already. */
  async #connect(attempt: Attempt, { dn, seatId, since }: Agent): Promise<void> {
    const { callId } = attempt.plan;
    attempt.state = "connected";
    attempt.agent = dn;
    attempt.connects++;
    try {
      await this.parts.calls.connect(callId, seatId ?? "");
      attempt.served = true;
      await this.parts.queue.connected(attempt.plan, dn).catch((error: Error) => {
        this.parts.log.warn({ call: callId, error: error.message }, "who speaks is not written down");
      });
    } catch (error) {
      this.parts.log.warn({ call: callId, agent: dn, error: (error as Error).message }, "not put through");
      if (this.#attempts.get(callId)?.agent !== dn || attempt.state !== "connected") return;
      attempt.agent = undefined;
      this.#reconnect(attempt, dn, since, error as Error);
    }
  }

  /** A customer was not put through: the customer has gone, or the agent's phone has, or Asterisk does not do it. */
  #reconnect(attempt: Attempt, dn: string, since: number, error: Error): void {
    const gone = this.parts.calls.find(attempt.plan.callId) === undefined;
    const code = error instanceof CallError ? error.code : undefined;
    // The end of a customer who has gone is about to be told.
    if (!gone) attempt.state = "waiting";
    if (gone || code === "ASTERISK" || code === "CALL_STATE") this.desk.giveBack(dn, since);
    else this.desk.unseated(dn, error.message);
    if (gone) return;
    const waited = this.parts.clock.now() - (attempt.answeredAt ?? 0);
    if (waited >= PATIENCE || attempt.connects >= MAX_CONNECTS) this.#abandon(attempt);
    else this.#match();
  }

  #transferred(attempt: Attempt, call: Call): void {
    if (attempt.agent === undefined || call.agent === attempt.agent) return;
    this.#agentDone(attempt);
    attempt.agent = undefined;
  }

  #ended(attempt: Attempt, outcome: CallOutcome): void {
    const now = this.parts.clock.now();
    this.#attempts.delete(attempt.plan.callId);
    attempt.patience?.cancel();
    if (attempt.answeredAt === undefined) this.figures.dialled(now, now - attempt.begunAt, false);
    // Hung up before an agent was there, which is not what their outcome says.
    const unserved = attempt.answeredAt !== undefined && !attempt.served;
    if (unserved && attempt.state !== "leaving") this.figures.abandoned(now);
    this.#agentDone(attempt);
    const became = unserved ? "abandoned" : outcome;
    const { entry } = attempt.plan;
    this.#settlements.add(attempt.plan, became, afterCall(became, entry.attempts, this.campaign.retry, now));
    this.#work();
  }

  /** The agent has a customer no longer. */
  #agentDone({ agent: dn, plan, begunAt, answeredAt, served }: Attempt): void {
    if (dn === undefined) return;
    const now = this.parts.clock.now();
    if (served) {
      this.figures.talked(now, now - (answeredAt ?? begunAt));
      this.desk.callEnded(dn, plan.callId, this.campaign.wrapUpSeconds * 1_000);
    } else {
      this.desk.giveBack(dn, begunAt);
    }
  }

  #abandon(attempt: Attempt): void {
    attempt.state = "leaving";
    this.figures.abandoned(this.parts.clock.now());
    this.parts.calls.abandon(attempt.plan.callId).catch((error: Error) => this.#notEnded(attempt, error));
  }

  #hangUp(attempt: Attempt): void {
    attempt.state = "leaving";
    this.parts.calls.hangup(attempt.plan.callId).catch((error: Error) => this.#notEnded(attempt, error));
  }

  #notEnded({ plan }: Attempt, error: Error): void {
    this.parts.log.warn({ call: plan.callId, error: error.message }, "a call is not ended");
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
