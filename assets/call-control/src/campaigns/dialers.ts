import { type Logger, within } from "../../../../lib/service";
import type { Clock, Timer } from "../../../../lib/sip";
import type { Call, CallChange } from "../calls/call";
import { CallError, type Calls, type Seat } from "../calls/calls";
import type { Query } from "../database/database";
import { WriteBehind } from "../write-behind";
import type { Campaign, PlannedCall } from "./campaign";
import type { AgentChange, CampaignStore } from "./campaign-store";
import type { Agent } from "./desk";
import { Dialer } from "./dialer";
import { LeftBehind } from "./left-behind";
import type { CampaignLocks } from "./locks";
import type { Previews } from "./previews";
import { LEASE, type QueueStore } from "./queue-store";

export interface DialersParts {
  readonly calls: Calls;
  readonly query: Query;
  readonly queue: QueueStore;
  readonly store: CampaignStore;
  readonly previews: Previews;
  readonly locks: CampaignLocks;
  readonly instance: string;
  /** Whether Asterisk is seen now. */
  readonly asterisk: () => { readonly live: boolean; readonly reason: string | null };
  /** Milliseconds since 1970. */
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds between two looks at what is to be dialled, and so on; and that the end waits for the database. */
const times = { look: 2_000, renew: LEASE / 3, leftBehind: 15_000, stop: 3_000 };

interface Held {
  campaign: Campaign;
  readonly dialer: Dialer;
}

/** The campaigns that this instance dials: those that run, and those that agents have joined here. */
export class Dialers {
  readonly #held = new Map<string, Held>();
  readonly #opening = new Map<string, Promise<Held>>();
  readonly #leftBehind: LeftBehind;
  readonly #agents: WriteBehind<AgentChange>;
  #looking?: Promise<void>;
  #timer?: Timer;
  #renewAt = 0;
  #clearAt = 0;
  /** Numbers that an earlier process of this instance had. */
  #ownCleared = false;
  #failure: string | undefined;
  #stopped = false;

  constructor(private readonly parts: DialersParts) {
    const { calls, query, queue, store, instance, log } = parts;
    this.#agents = new WriteBehind<AgentChange>({
      ...{ what: "agents' states", waiting: 5_000, batch: 500, collect: 50, log },
      write: (changes) => store.writeAgents(changes),
      meter: { written: () => {}, dropped: () => {} },
    });
    this.#leftBehind = new LeftBehind({
      ...{ query, queue, instance, log },
      find: (callId) => calls.find(callId),
      adopt: (plan, call) => this.#adopt(plan, call),
    });
    calls.on("change", (change) => this.#changed(change));
    calls.on("seatClosed", (seat) => this.#seatClosed(seat));
  }

  start(): void {
    this.#timer = this.parts.clock.after(0, () => void this.#tick());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    const dialers = [...this.#held.values()].map(({ dialer }) => dialer.stop());
    const done = Promise.all([this.#looking, ...dialers]);
    // What is not written by then is in the call log.
    await within(done, times.stop, "the last outcomes of campaigns").catch(({ message }: Error) =>
      this.parts.log.warn({ error: message }, "campaigns: stopped without waiting for the database"),
    );
    await this.#agents.stop(times.stop);
    await this.parts.locks.close();
  }

  /** The dialer of a campaign, when it's here. */
  find(campaignId: string): Dialer | undefined {
    return this.parts.locks.holds(campaignId) ? this.#held.get(campaignId)?.dialer : undefined;
  }

  /** The same, taking the campaign if nobody else has it. */
  async take(campaign: Campaign): Promise<Dialer | undefined> {
    if (!this.#ownCleared)
      throw new CallError("ASTERISK", `Asterisk is not connected yet: ${this.parts.asterisk().reason}`);
    if (!(await this.parts.locks.take(campaign.id))) return undefined;
    const held = await this.#hold(campaign);
    this.#update(held, campaign);
    return held.dialer;
  }

  /** A campaign was changed: its dialer need not find that out by itself. */
  changed(campaign: Campaign): void {
    const held = this.#held.get(campaign.id);
    if (held !== undefined) this.#update(held, campaign);
    else if (campaign.state === "running") void this.look();
  }

  /** Looks which campaigns there are to be dialled, and dials them. */
  look(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#looking ??= this.#look()
      .catch(({ message }: Error) => this.lost(message))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** The database is away: nothing is begun until it's back. */
  lost(reason: string): void {
    if (this.#stopped) return;
    if (this.#failure === undefined)
      this.parts.log.warn({ error: reason }, "campaigns: the database is away");
    this.#failure = reason;
    for (const held of this.#held.values()) this.#update(held, held.campaign);
  }

  async #tick(): Promise<void> {
    await this.look();
    if (!this.#stopped) this.#timer = this.parts.clock.after(times.look, () => void this.#tick());
  }

  async #look(): Promise<void> {
    const { store, locks, asterisk, clock, previews } = this.parts;
    const now = clock.now();
    // Calls and seats that go on are known only when Asterisk was asked for them.
    if (!this.#ownCleared && !asterisk().live) return;
    await this.#lookAfterNumbers(now);
    const campaigns = await store.wanted([...this.#held.keys()]);
    if (this.#failure !== undefined) this.parts.log.info("campaigns: the database is back");
    this.#failure = undefined;
    for (const campaign of campaigns) {
      const had = locks.holds(campaign.id);
      const has = await locks.take(campaign.id);
      if (!has && !this.#held.has(campaign.id)) continue;
      const held = await this.#hold(campaign);
      // Who has dialled it meanwhile has its agents, too.
      if (!has) for (const { dn } of held.dialer.desk.agents) held.dialer.desk.leave(dn);
      if (has && !had)
        for (const agent of held.dialer.desk.agents) this.#saveAgent(campaign.id, agent.dn, agent);
      this.#update(held, campaign);
    }
    const ids = new Set(campaigns.map(({ id }) => id));
    for (const [id, { campaign, dialer }] of this.#held) {
      if (ids.has(id) && (campaign.state === "running" || !dialer.idle)) continue;
      // It was removed, with its agents.
      for (const { dn } of dialer.desk.agents) dialer.desk.leave(dn);
      this.#held.delete(id);
      await dialer.stop();
      await locks.giveUp(id);
    }
    await previews.sweep(now, (campaignId, dn) => this.find(campaignId)?.desk.find(dn)?.state === "ready");
  }

  async #lookAfterNumbers(now: number): Promise<void> {
    const { queue, previews } = this.parts;
    if (now >= this.#renewAt) {
      const ids = [...this.#held.values()].flatMap(({ dialer }) => dialer.entryIds);
      await queue.renew([...ids, ...previews.entryIds], now);
      this.#renewAt = now + times.renew;
    }
    if (now >= this.#clearAt) {
      await this.#leftBehind.clear(now, !this.#ownCleared);
      this.#ownCleared = true;
      this.#clearAt = now + times.leftBehind;
    }
  }

  #update(held: Held, campaign: Campaign): void {
    held.campaign = campaign;
    held.dialer.update(campaign, this.#reason(campaign));
  }

  /** Why a campaign begins no calls here. */
  #reason(campaign: Campaign): string | undefined {
    const { live, reason } = this.parts.asterisk();
    if (campaign.state !== "running") return `it is ${campaign.state}`;
    if (this.#failure !== undefined) return `the database is away: ${this.#failure}`;
    if (!this.parts.locks.holds(campaign.id)) return "another instance dials it";
    if (!live) return `Asterisk is away: ${reason}`;
    return undefined;
  }

  async #hold(campaign: Campaign): Promise<Held> {
    const there = this.#held.get(campaign.id);
    if (there !== undefined) return there;
    // Asked for by several at once, it's opened once.
    const opening = this.#opening.get(campaign.id) ?? this.#open(campaign);
    this.#opening.set(campaign.id, opening);
    try {
      const held = await opening;
      this.#held.set(campaign.id, held);
      return held;
    } finally {
      this.#opening.delete(campaign.id);
    }
  }

  async #open(campaign: Campaign): Promise<Held> {
    const { calls, queue, store, clock, log } = this.parts;
    const dialer = new Dialer(campaign, {
      ...{ calls, queue, clock, log },
      saveAgent: (dn, agent) => this.#saveAgent(campaign.id, dn, agent),
      onFinished: () => {
        log.info({ campaign: campaign.name }, "a campaign has come to its end");
        void this.look();
      },
    });
    try {
      await store.remember(campaign.id, dialer.figures, clock.now());
      await this.#restoreAgents(campaign, dialer);
    } catch (error) {
      await dialer.stop();
      throw error;
    }
    return { campaign, dialer };
  }

  /** Agents whom an earlier process, or another instance, has had. Those whose phone is not in its seat here are paused. */
  async #restoreAgents({ id, wrapUpSeconds }: Campaign, { desk }: Dialer): Promise<void> {
    const { calls, store, clock } = this.parts;
    const seats = new Map(calls.seats().map((seat) => [seat.agent, seat]));
    for (const { dn, state, since, callId } of await store.agents(id)) {
      const now = clock.now();
      const seatId = seats.get(dn)?.id;
      const reason =
        "the service was started anew, and the phone's call has ended: get ready to have it rung again";
      if (seatId === undefined) desk.admit({ dn, state: "paused", since: now, reason });
      else if (state === "talking" && callId !== null && calls.find(callId) !== undefined)
        desk.admit({ dn, state, since: since.getTime(), seatId, callId });
      else if (state === "talking")
        desk.admit({ dn, state: "wrap_up", since: now, seatId }, wrapUpSeconds * 1_000);
      else if (state === "joining") desk.admit({ dn, state: "ready", since: now, seatId });
      else desk.admit({ dn, state, since: since.getTime(), seatId }, wrapUpSeconds * 1_000);
    }
  }

  async #adopt(plan: PlannedCall, call: Call): Promise<void> {
    const campaign = await this.parts.store.find(plan.entry.campaignId);
    if (campaign === undefined) return;
    const { dialer } = await this.#hold(campaign);
    dialer.adopt(plan, call);
  }

  #saveAgent(campaignId: string, dn: string, agent: Agent | undefined): void {
    // Who else dials it writes its agents.
    if (this.parts.locks.holds(campaignId)) this.#agents.push({ campaignId, dn, agent });
  }

  #changed(change: CallChange): void {
    const { campaignId } = change.call;
    if (campaignId !== undefined) this.#held.get(campaignId)?.dialer.change(change);
  }

  #seatClosed(seat: Seat): void {
    for (const { dialer } of this.#held.values()) dialer.seatClosed(seat);
  }
}
