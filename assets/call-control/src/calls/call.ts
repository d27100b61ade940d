/** What a call is about: between DNs, to a number outside, from a number outside, or of a campaign. */
export const callTypes = ["internal", "outbound", "inbound", "campaign"] as const;
export type CallType = (typeof callTypes)[number];

/** How far a call is. `answered` means that its two parties hear each other, or that a campaign's customer is there. */
export const callStatuses = ["dialing", "ringing", "answered", "ended"] as const;
export type CallStatus = (typeof callStatuses)[number];

/**
 * What became of a call that has ended. `abandoned`: a campaign's customer answered and found no agent. `lost`: it ended
 * while nobody watched, and how is not known.
 */
export const callOutcomes = [
  "answered",
  "busy",
  "no_answer",
  "rejected",
  "unavailable",
  "cancelled",
  "abandoned",
  "failed",
  "lost",
] as const;
export type CallOutcome = (typeof callOutcomes)[number];

/** One call as it is now; the row of call_log is made of it. Never changed: a change makes another one. */
export interface Call {
  /** A UUID of our own making. */
  readonly id: string;
  readonly type: CallType;
  readonly status: CallStatus;
  /** Asterisk's id of the leg that the call began with: of the agent, of a campaign's customer, or of who calls in. */
  readonly channelId: string;
  /** … and of the leg that was called, once there is one. A transfer makes it another one. */
  readonly peerChannelId?: string;
  /** Who called: a DN, or a number in E.164 form. */
  readonly from: string;
  /** Who was called: a DN, a queue's name, or a number in E.164 form. A transfer makes it another one. */
  readonly to: string;
  /** The DN of ours that speaks. */
  readonly agent?: string;
  readonly campaignId?: string;
  /** The row of outbound_queue that it was dialled for. */
  readonly queueEntryId?: string;
  /** Name of the trunk that it came or went by. */
  readonly trunk?: string;
  readonly startedAt: Date;
  readonly answeredAt?: Date;
  readonly endedAt?: Date;
  readonly outcome?: CallOutcome;
  /** Q.850, and Asterisk's words for it. */
  readonly cause?: number;
  readonly causeText?: string;
  readonly onHold: boolean;
  /** The recording that runs now. */
  readonly recordingId?: string;
  /** Where an attended transfer is about to lead. */
  readonly consulting?: string;
}

export const callChanges = [
  "started",
  "ringing",
  "answered",
  /** A campaign's customer was put through to an agent. */
  "connected",
  "held",
  "resumed",
  "consulting",
  "consultation_ended",
  "transferred",
  "recording_started",
  "recording_ended",
  "ended",
] as const;

/** Something that has happened to a call: what the call log, WebHooks and live pages are told. */
export interface CallChange {
  readonly what: (typeof callChanges)[number];
  readonly at: Date;
  /** The call after it. */
  readonly call: Call;
}
