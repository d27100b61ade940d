import type { CallOutcome } from "../calls/call";
import type { WeeklyHours } from "./calling-hours";
import type { CampaignMode } from "./pacing";
import type { RetryRules, Verdict } from "./retry";

export const campaignStates = ["paused", "running", "finished"] as const;
export type CampaignState = (typeof campaignStates)[number];

/** What operators set. */
export interface CampaignSettings {
  readonly name: string;
  readonly mode: CampaignMode;
  /** What customers see, in E.164 form; null: the trunk's. */
  readonly callerId: string | null;
  /** Calls for each agent who is free, or about to be, at most. */
  readonly dialRatio: number;
  /** Share of the answered calls that may find no agent. */
  readonly abandonLimit: number;
  readonly ringSeconds: number;
  readonly wrapUpSeconds: number;
  readonly callingHours: WeeklyHours;
  /** IANA name, for leads that have none of their own. */
  readonly timeZone: string;
  readonly retry: RetryRules;
}

export interface Campaign extends CampaignSettings {
  readonly id: string;
  readonly state: CampaignState;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What an agent is shown of a customer. */
export type Lead = Readonly<Record<string, string | number | boolean | null>>;

/** A number that is called, or about to be: nobody else has it meanwhile. */
export interface QueueEntry {
  readonly id: string;
  readonly campaignId: string;
  /** In E.164 form. */
  readonly phoneNumber: string;
  readonly lead: Lead;
  /** IANA name; null: the campaign's. */
  readonly timeZone: string | null;
  /** Calls to it so far. */
  readonly attempts: number;
}

/** The ids that a call will have: they are written down before it's dialled. */
export interface PlannedCall {
  readonly entry: QueueEntry;
  readonly callId: string;
  readonly channelId: string;
}

/** Why a number goes back without that a call to it counts. */
export type Withdrawal =
  /** It may not be called at all. */
  { readonly status: "blocked" } | { readonly status: "waiting"; readonly nextAttemptAt: number };

/** The numbers of campaigns, as a dialer sees them: times are milliseconds since 1970. */
export interface Queue {
  /** Takes numbers that are due, and may be called at this time of the day. */
  claim(campaign: Campaign, count: number, now: number): Promise<QueueEntry[]>;
  /** Counts the calls and writes their ids down. Returns those that may be dialled: the others are somebody else's by now. */
  begin(calls: readonly PlannedCall[], now: number): Promise<PlannedCall[]>;
  /** Puts claimed numbers back for which no call has begun. */
  release(entries: readonly QueueEntry[], nextAttemptAt?: number): Promise<void>;
  /** Takes a call back that was not dialled after all. */
  withdraw(call: PlannedCall, outcome: string, to: Withdrawal): Promise<void>;
  connected(call: PlannedCall, agent: string): Promise<void>;
  /** Writes what became of a call; once, however often it's said. */
  settle(call: PlannedCall, outcome: CallOutcome, verdict: Verdict): Promise<void>;
  /** When the next number of a campaign is due; undefined: none waits. */
  nextDue(campaignId: string): Promise<number | undefined>;
  /** Ends a campaign of which no number waits or is called. False: there is one. */
  finish(campaignId: string): Promise<boolean>;
}
