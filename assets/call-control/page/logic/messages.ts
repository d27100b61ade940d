import type { CallChange, CallOutcome, CallStatus, CallType } from "../../src/calls/call";

/** A call as the API tells it. Times are ISO 8601; null: there is none (yet). */
export interface Call {
  readonly id: string;
  readonly channel_id: string;
  readonly peer_channel_id: string | null;
  readonly type: CallType;
  readonly status: CallStatus;
  /** DN, or E.164 with a '+'. */
  readonly from_number: string;
  /** DN, queue's name, or E.164 with a '+'. */
  readonly to_number: string;
  readonly agent: string | null;
  readonly campaign_id: string | null;
  readonly trunk: string | null;
  readonly started_at: string;
  readonly answered_at: string | null;
  readonly ended_at: string | null;
  readonly outcome: CallOutcome | null;
  /** Q.850, and Asterisk's words for it. */
  readonly cause: number | null;
  readonly cause_text: string | null;
  /** Seconds in which the parties heard each other. */
  readonly duration: number | null;
  readonly on_hold: boolean;
  /** The recording that runs now. */
  readonly recording_id: string | null;
  /** Where an attended transfer is about to lead. */
  readonly consulting?: string | null;
}

/** Whether the service sees Asterisk: without it, live calls are as they were. */
export interface AsteriskSight {
  readonly live: boolean;
  readonly reason: string | null;
}

/** The event `alive` of the stream; `now` is the server's clock. */
export interface Alive {
  readonly now: string;
  readonly asterisk?: AsteriskSight;
}

/** The event `snapshot`: all calls that are up. */
export interface Snapshot extends Alive {
  readonly calls: readonly Call[];
}

/** The event `change`. */
export interface Change {
  readonly what: CallChange["what"];
  readonly at: string;
  /** The call after it. */
  readonly call: Call;
}

/** The event `gone`: the call goes on without the DN whose calls the key is for. */
export interface Gone {
  readonly id: string;
}

/** GET calls/, the latest first. */
export interface LogPage {
  readonly calls: readonly Call[];
  /** Where the older ones go on; null: there are none. */
  readonly next: string | null;
}

export interface Recording {
  readonly id: string;
  readonly state: "recording" | "done" | "failed" | "deleted";
  readonly format: string;
  readonly started_at: string;
  readonly started_by: string;
  readonly ended_at: string | null;
  /** Seconds. */
  readonly duration: number | null;
  readonly expires_at: string;
  readonly failure: string | null;
}

/** GET calls/{id}/. */
export interface LoggedCall extends Call {
  readonly recordings: readonly Recording[];
}

/** The signed address by which a recording can be had, for some minutes. */
export interface RecordingAddress {
  readonly url: string;
}

export const queueStatuses = [
  "done",
  "connected",
  "dialing",
  "claimed",
  "waiting",
  "exhausted",
  "blocked",
] as const;
export type QueueStatus = (typeof queueStatuses)[number];

export const agentStates = ["talking", "ready", "wrap_up", "joining", "paused"] as const;
export type AgentState = (typeof agentStates)[number];

export interface Campaign {
  readonly id: string;
  readonly name: string;
  readonly mode: "preview" | "progressive" | "predictive";
  readonly state: "paused" | "running" | "finished";
  readonly dial_ratio: number;
  /** Share of the answered calls that may find no agent. */
  readonly abandon_limit: number;
  /** … and that found none; null: nobody has answered yet. */
  readonly abandon_rate: number | null;
  readonly answered: number;
  readonly abandoned: number;
  readonly queue: Readonly<Record<QueueStatus, number>>;
  readonly agents: Readonly<Record<AgentState, number>>;
}

/** GET campaigns/. */
export interface CampaignList {
  readonly campaigns: readonly Campaign[];
}

export interface Minute {
  /** Its beginning. */
  readonly at: string;
  readonly calls: number;
  readonly answered: number;
  readonly abandoned: number;
}

/** GET campaigns/{id}/progress/: minutes in which nothing was may be missing. */
export interface Progress {
  readonly now: string;
  readonly minutes: readonly Minute[];
}
