import type { ClientConfig } from "pg";
import type { Logger } from "../../../../lib/service";
import { type Clock, systemClock } from "../../../../lib/sip";
import type { Call } from "../calls/call";
import { CallError, type Calls } from "../calls/calls";
import type { Query } from "../database/database";
import { ApiError } from "../http/errors";
import { notFound } from "../http/route";
import { type NumberRules, readNumber } from "../numbers";
import { CallingHours } from "./calling-hours";
import type { Campaign, CampaignSettings, QueueEntry } from "./campaign";
import { CampaignStore } from "./campaign-store";
import type { Agent } from "./desk";
import type { Dialer } from "./dialer";
import { Dialers, type DialersParts } from "./dialers";
import { LeadStore, type NewLead, type Upload } from "./lead-store";
import { CampaignLocks } from "./locks";
import { Previews } from "./previews";
import { QueueStore } from "./queue-store";

export interface CampaignsOptions {
  readonly calls: Calls;
  readonly query: Query;
  /** For a connection of its own, which holds the locks. */
  readonly database: ClientConfig;
  /** Names this instance to others on the same database. */
  readonly instance: string;
  readonly numbers: NumberRules;
  readonly asterisk: DialersParts["asterisk"];
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock?: Clock;
}

const wallClock: Clock = { ...systemClock, now: () => Date.now() };

/** Milliseconds in which a number that was put at the head of a queue must have been dialled. */
const DIAL_DEADLINE = 20_000;

/** Takes every number: for those that need not be dialled. */
const anyTrunk = { name: "any", endpoint: "any", prefixes: [] };

/** What is done with campaigns. Each method rejects with an ApiError, or a CallError, that says what the caller is told. */
export class Campaigns {
  readonly store: CampaignStore;
  readonly leads: LeadStore;
  readonly clock: Clock;
  readonly #queue: QueueStore;
  readonly #previews: Previews;
  readonly #dialers: Dialers;
  readonly #numbers: NumberRules;

  constructor({ query, database, instance, numbers, clock = wallClock, ...parts }: CampaignsOptions) {
    this.clock = clock;
    this.#numbers = numbers;
    this.store = new CampaignStore(query);
    this.leads = new LeadStore(query);
    this.#queue = new QueueStore(query, instance);
    this.#previews = new Previews(this.#queue);
    const locks = new CampaignLocks(database, (reason) => this.#dialers.lost(reason));
    const { store } = this;
    this.#dialers = new Dialers({
      ...{ query, queue: this.#queue, store, previews: this.#previews, locks, instance, clock },
      ...parts,
    });
  }

  /** Begins to dial when Asterisk is seen. */
  start(): void {
    this.#dialers.start();
  }

  /** Looks at once for what is to be dialled. */
  look(): Promise<void> {
    return this.#dialers.look();
  }

  /** Begins no more calls; those that are up go on. */
  stop(): Promise<void> {
    return this.#dialers.stop();
  }

  /** A number outside, in E.164 form. @throws CallError when it is none, or may not be called */
  number(text: string): string {
    const number = readNumber(text, this.#numbers);
    if (number.kind === "refused") throw new CallError(number.code, number.message);
    if (number.kind === "dn")
      throw new CallError("NUMBER_INVALID", `${number.dn} is a DN, and no customer's number`);
    return number.e164;
  }

  /** The same for a number that need not be one that may be called; undefined: it is none. */
  anyNumber(text: string): string | undefined {
    const everywhere = { ...this.#numbers, allowedPrefixes: ["+"] };
    const number = readNumber(text, { ...everywhere, trunks: [anyTrunk] });
    return number.kind === "external" ? number.e164 : undefined;
  }

  async addLeads(id: string, leads: readonly NewLead[]): Promise<Upload> {
    const upload = await this.leads.add(id, leads, this.clock.now());
    this.#dialers.find(id)?.wake();
    return upload;
  }

  async get(id: string): Promise<Campaign> {
    const campaign = await this.store.find(id);
    if (campaign === undefined) throw noCampaign(id);
    return campaign;
  }

  async create(settings: CampaignSettings): Promise<Campaign> {
    const campaign = await this.store.create(settings);
    if (campaign === undefined) throw nameTaken(settings.name);
    return campaign;
  }

  async change(id: string, settings: Partial<CampaignSettings>): Promise<Campaign> {
    const campaign = await this.store.change(id, settings).catch((error: { code?: string }) => {
      throw error.code === "23505" ? nameTaken(settings.name ?? "") : error;
    });
    return this.#told(id, campaign);
  }

  async setState(id: string, state: "running" | "paused"): Promise<Campaign> {
    return this.#told(id, await this.store.setState(id, state));
  }

  async remove(id: string): Promise<void> {
    await this.get(id);
    if (!(await this.store.remove(id)))
      throw new ApiError(
        "CONFLICT",
        "the campaign runs, or its numbers are being called: pause it, and wait for its calls",
      );
  }

  /** Why a campaign begins no calls; null: it does, or another instance knows. */
  reason(id: string): string | null {
    return this.#dialers.find(id)?.view.reason ?? null;
  }

  /** What an agent is doing, as far as this instance knows more than the database. */
  agent(id: string, dn: string): Agent | undefined {
    return this.#dialers.find(id)?.desk.find(dn);
  }

  /** Rings an agent's phone, which stays in a call from then on. */
  async join(id: string, dn: string): Promise<Agent> {
    const campaign = await this.get(id);
    const dialer = await this.#dialers.take(campaign);
    if (dialer === undefined) throw elsewhere();
    if (dialer.desk.find(dn) !== undefined) return this.#ready(dialer, dn);
    const now = this.clock.now();
    if (!(await this.store.admit(dn, id, new Date(now))))
      throw new ApiError("CONFLICT", `agent ${dn} works for another campaign, and has to leave that first`);
    if (dialer.desk.find(dn) === undefined) {
      dialer.desk.admit({ dn, state: "joining", since: now });
      void dialer.ring(dn);
    }
    return dialer.desk.find(dn) as Agent;
  }

  async leave(id: string, dn: string): Promise<void> {
    const dialer = this.#dialers.find(id);
    if (dialer?.desk.find(dn) !== undefined) dialer.desk.leave(dn);
    else if (!(await this.store.removeAgent(dn, id))) throw noAgent(dn);
  }

  async ready(id: string, dn: string): Promise<Agent> {
    return this.#ready(this.#agentsDialer(id, dn), dn);
  }

  async pause(id: string, dn: string): Promise<Agent> {
    const { desk } = this.#agentsDialer(id, dn);
    desk.pause(dn);
    return desk.find(dn) as Agent;
  }

  /** The next lead that an agent looks at; undefined: none may be called now. */
  async previewNext(id: string, dn: string): Promise<QueueEntry | undefined> {
    const campaign = await this.get(id);
    if (campaign.mode !== "preview")
      throw new ApiError("CONFLICT", `the campaign's mode is ${campaign.mode}`);
    if (campaign.state !== "running")
      throw new ApiError("CONFLICT", `the campaign is ${campaign.state}: start it`);
    const agent = this.#agentsDialer(id, dn).desk.find(dn);
    if (agent?.state !== "ready") throw notReady(dn, agent?.state);
    return this.#previews.next(campaign, dn, this.clock.now());
  }

  /** Calls the customer whose lead the agent looks at. */
  async previewAccept(id: string, dn: string): Promise<Call> {
    const dialer = this.#agentsDialer(id, dn);
    const entry = this.#previews.take(dn);
    if (entry === undefined) throw noPreview(dn);
    return this.#callFor(dialer, dn, entry);
  }

  async previewSkip(id: string, dn: string): Promise<void> {
    this.#agentsDialer(id, dn);
    if (!(await this.#previews.skip(dn, this.clock.now()))) throw noPreview(dn);
  }

  /**
   * Puts a number at the head of a campaign's queue, and calls it when an agent is ready; with an agent, for that one and
   * at once. Resolves when it's being dialled.
   */
  async originate(id: string, text: string, agent: string | undefined): Promise<Call> {
    const phoneNumber = this.number(text);
    const campaign = await this.get(id);
    const dialer =
      this.#dialers.find(id) ??
      (campaign.state === "running" ? await this.#dialers.take(campaign) : undefined);
    if (dialer === undefined) throw campaign.state === "running" ? elsewhere() : notRunning(campaign);
    if (dialer.view.reason !== undefined)
      throw new CallError("CALL_STATE", `the campaign does not call: ${dialer.view.reason}`);
    const state = agent === undefined ? undefined : dialer.desk.find(agent)?.state;
    if (agent !== undefined && state !== "ready") throw notReady(agent, state);
    const entryId = await this.leads.putFirst(id, phoneNumber);
    if (entryId === undefined) {
      throw new CallError(
        "NUMBER_FORBIDDEN",
        `${phoneNumber} is on the do-not-call list, or is being called already`,
      );
    }
    if (agent === undefined) return dialer.whenDialed(entryId, DIAL_DEADLINE);
    const entry = await this.#queue.claimOne(entryId, this.clock.now());
    if (entry === undefined) throw new CallError("CALL_STATE", `${phoneNumber} is being called already`);
    const now = this.clock.now();
    const from = new CallingHours(campaign.callingHours).next(now, entry.timeZone ?? campaign.timeZone);
    if (from > now) {
      await this.#queue.release([entry], from);
      throw new CallError(
        "CALL_STATE",
        `${phoneNumber} may be called from ${new Date(from).toISOString()} on`,
      );
    }
    return this.#callFor(dialer, agent, entry);
  }

  async #callFor(dialer: Dialer, dn: string, entry: QueueEntry): Promise<Call> {
    try {
      return await dialer.callFor(dn, entry);
    } catch (error) {
      // What has not begun is still claimed.
      await this.#queue.release([entry]);
      throw error;
    }
  }

  #ready(dialer: Dialer, dn: string): Agent {
    if (dialer.desk.makeReady(dn)) void dialer.ring(dn);
    return dialer.desk.find(dn) as Agent;
  }

  #agentsDialer(id: string, dn: string): Dialer {
    const dialer = this.#dialers.find(id);
    if (dialer?.desk.find(dn) === undefined) throw noAgent(dn);
    return dialer;
  }

  #told(id: string, campaign: Campaign | undefined): Campaign {
    if (campaign === undefined) throw noCampaign(id);
    this.#dialers.changed(campaign);
    return campaign;
  }
}

const noCampaign = (id: string) => notFound(`there is no campaign ${id}`);
const noAgent = (dn: string) => notFound(`agent ${dn} does not work for this campaign here: let it join`);
const noPreview = (dn: string) =>
  new ApiError("CONFLICT", `agent ${dn} looks at no lead (any more): ask for the next`);
const nameTaken = (name: string) =>
  new ApiError("CONFLICT", `there is a campaign ${JSON.stringify(name)} already`);
const elsewhere = () =>
  new ApiError("CONFLICT", "another instance of the service dials this campaign: ask that one");
const notRunning = ({ state }: Campaign) => new CallError("CALL_STATE", `the campaign is ${state}: start it`);
const notReady = (dn: string, state: string | undefined) =>
  new CallError(
    "CALL_STATE",
    `agent ${dn} ${state === undefined ? "has not joined the campaign" : `is ${state}`}, and has to be ready`,
  );
