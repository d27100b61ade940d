import type { Call, CallChange, CallOutcome } from "../../../../assets/call-control/src/calls/call";
import {
  CallError,
  type CampaignCallRequest,
  type Seat,
} from "../../../../assets/call-control/src/calls/calls";
import type {
  Campaign,
  PlannedCall,
  Queue,
  QueueEntry,
} from "../../../../assets/call-control/src/campaigns/campaign";
import type { Agent } from "../../../../assets/call-control/src/campaigns/desk";
import { type DialedCalls, Dialer } from "../../../../assets/call-control/src/campaigns/dialer";
import { FakeClock } from "../../../lib/sip/support/fake-clock";
import { quiet } from "../api";

export const campaign: Campaign = {
  ...{ id: "c", name: "spring", mode: "progressive", state: "running", callerId: null, dialRatio: 3 },
  ...{ abandonLimit: 0.03, ringSeconds: 25, wrapUpSeconds: 10, callingHours: {}, timeZone: "UTC" },
  ...{ retry: { attempts: 3, minutes: {} }, createdAt: new Date(0), updatedAt: new Date(0) },
};

/** Calls whose customers do what a test says; they are named by their numbers. */
export class FakeLines implements DialedCalls {
  readonly calls = new Map<string, Call>();
  readonly asked: string[] = [];
  /** What the next requests of a kind are refused with. */
  readonly refusals = new Map<string, Error>();
  changed: (change: CallChange) => void = () => {};

  constructor(private readonly clock: Pick<FakeClock, "now">) {}

  find(id: string): Call | undefined {
    return this.calls.get(id);
  }

  async dial({ to, callId, channelId, campaignId }: CampaignCallRequest): Promise<Call> {
    this.#ask(`dial ${to}`);
    const call: Call = {
      ...{ id: callId, channelId, campaignId, type: "campaign", status: "dialing", from: "+31201234567", to },
      ...{ startedAt: new Date(this.clock.now()), onHold: false },
    };
    this.calls.set(callId, call);
    return call;
  }

  async connect(id: string, seatId: string): Promise<Call> {
    const call = this.#known(id);
    this.#ask(`connect ${call.to} ${seatId}`);
    return call;
  }

  async abandon(id: string): Promise<void> {
    const call = this.#known(id);
    this.#ask(`abandon ${call.to}`);
    this.end(call.to, "abandoned");
  }

  async hangup(id: string): Promise<Call> {
    const call = this.#known(id);
    this.#ask(`hangup ${call.to}`);
    this.end(call.to, call.status === "answered" ? "answered" : "cancelled");
    return call;
  }

  async openSeat(agent: string): Promise<Seat> {
    this.#ask(`openSeat ${agent}`);
    return { id: `seat-${agent}`, agent, channelId: `channel-${agent}` };
  }

  async closeSeat(seatId: string): Promise<void> {
    this.#ask(`closeSeat ${seatId}`);
  }

  answer(number: string): void {
    const call = { ...this.#of(number), status: "answered" as const, answeredAt: new Date(this.clock.now()) };
    this.calls.set(call.id, call);
    this.changed({ what: "answered", at: new Date(this.clock.now()), call });
  }

  end(number: string, outcome: CallOutcome): void {
    const call = { ...this.#of(number), status: "ended" as const, outcome };
    this.calls.delete(call.id);
    this.changed({ what: "ended", at: new Date(this.clock.now()), call });
  }

  transferred(number: string, agent: string | undefined): void {
    const call = { ...this.#of(number), agent };
    this.changed({ what: "transferred", at: new Date(this.clock.now()), call });
  }

  #of(number: string): Call {
    const call = [...this.calls.values()].find(({ to }) => to === number);
    if (call === undefined) throw new Error(`nobody calls ${number}`);
    return call;
  }

  #known(id: string): Call {
    const call = this.calls.get(id);
    if (call === undefined) throw new CallError("CALL_NOT_FOUND", `no call ${id}`);
    return call;
  }

  #ask(what: string): void {
    this.asked.push(what);
    const [kind = ""] = what.split(" ");
    const refusal = this.refusals.get(kind);
    if (refusal !== undefined) throw refusal;
  }
}

/** A queue in memory. What was written is in `written`, and `away` makes every request fail. */
class FakeQueue implements Queue {
  readonly waiting: QueueEntry[] = [];
  readonly written: string[] = [];
  away: Error | undefined;

  async claim(_campaign: Campaign, count: number): Promise<QueueEntry[]> {
    this.#expectThere();
    return this.waiting.splice(0, count);
  }

  async begin(calls: readonly PlannedCall[]): Promise<PlannedCall[]> {
    this.#expectThere();
    return calls.map((call) => ({ ...call, entry: { ...call.entry, attempts: call.entry.attempts + 1 } }));
  }

  async release(entries: readonly QueueEntry[]): Promise<void> {
    this.#expectThere();
    this.waiting.push(...entries);
  }

  async withdraw({ entry }: PlannedCall, outcome: string, to: { readonly status: string }): Promise<void> {
    this.#expectThere();
    this.written.push(`${entry.phoneNumber} withdrawn ${outcome} ${to.status}`);
  }

  async connected({ entry }: PlannedCall, agent: string): Promise<void> {
    this.#expectThere();
    this.written.push(`${entry.phoneNumber} connected ${agent}`);
  }

  async settle({ entry }: PlannedCall, outcome: string, to: { readonly status: string }): Promise<void> {
    this.#expectThere();
    this.written.push(`${entry.phoneNumber} ${outcome} ${to.status} ${entry.attempts}`);
  }

  async nextDue(): Promise<number | undefined> {
    this.#expectThere();
    return this.waiting.length === 0 ? undefined : 0;
  }

  async finish(): Promise<boolean> {
    this.#expectThere();
    return this.waiting.length === 0;
  }

  #expectThere(): void {
    if (this.away !== undefined) throw this.away;
  }
}

/** A dialer with customers, agents and a queue that do what a test says. */
export class DialerWorld {
  readonly clock = new FakeClock();
  readonly lines = new FakeLines(this.clock);
  readonly queue = new FakeQueue();
  readonly saved = new Map<string, Agent | undefined>();
  readonly dialer: Dialer;
  finished = 0;

  constructor(
    private readonly part: Partial<Campaign> = {},
    numbers = 10,
  ) {
    for (let index = 1; index <= numbers; index++) {
      const entry = {
        id: String(index),
        campaignId: "c",
        phoneNumber: `+${1000 + index}`,
        lead: {},
        timeZone: null,
        attempts: 0,
      };
      this.queue.waiting.push(entry);
    }
    this.dialer = new Dialer(
      { ...campaign, ...part },
      {
        ...{ calls: this.lines, queue: this.queue, clock: this.clock, log: quiet },
        saveAgent: (dn, agent) => void this.saved.set(dn, agent),
        onFinished: () => void this.finished++,
      },
    );
    this.lines.changed = (change) => this.dialer.change(change);
  }

  /** Lets it dial, or says why it must not. */
  async update(held?: string): Promise<void> {
    this.dialer.update({ ...campaign, ...this.part }, held);
    await this.clock.run(0);
  }

  async join(...dns: string[]): Promise<void> {
    for (const dn of dns) {
      this.dialer.desk.admit({ dn, state: "joining", since: this.clock.now() });
      await this.dialer.ring(dn);
      await this.clock.run(1);
    }
  }

  state(dn: string): string | undefined {
    return this.dialer.desk.find(dn)?.state;
  }

  /** What was asked of calls since this was asked last. */
  asked(): string[] {
    return this.lines.asked.splice(0);
  }
}
