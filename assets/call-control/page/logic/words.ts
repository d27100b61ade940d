import type { CallOutcome, CallType } from "../../src/calls/call";
import type { AgentState, Call, Campaign, QueueStatus } from "./messages";

/** What a state looks like: its word, and the name of its sign and colour. */
export interface Shown {
  readonly word: string;
  readonly sign: "good" | "off" | "bad" | "busy" | "hold" | "record" | "unknown";
}

export const typeWords: Readonly<Record<CallType, string>> = {
  internal: "Internal",
  outbound: "Outbound",
  inbound: "Inbound",
  campaign: "Campaign",
};

const outcomes: Readonly<Record<CallOutcome, Shown>> = {
  answered: { word: "Answered", sign: "good" },
  busy: { word: "Busy", sign: "off" },
  no_answer: { word: "No answer", sign: "off" },
  rejected: { word: "Rejected", sign: "off" },
  unavailable: { word: "Unavailable", sign: "bad" },
  cancelled: { word: "Cancelled", sign: "off" },
  abandoned: { word: "Abandoned", sign: "bad" },
  failed: { word: "Failed", sign: "bad" },
  lost: { word: "Lost", sign: "unknown" },
};

export const outcomeWords = Object.fromEntries(
  Object.entries(outcomes).map(([outcome, { word }]) => [outcome, word]),
) as Readonly<Record<CallOutcome, string>>;

export function stateShown({ status, on_hold, outcome }: Call): Shown {
  switch (status) {
    case "dialing":
      return { word: "Dialing", sign: "busy" };
    case "ringing":
      return { word: "Ringing", sign: "busy" };
    case "answered":
      return on_hold ? { word: "On hold", sign: "hold" } : { word: "Talking", sign: "good" };
    default:
      return outcome === null ? { word: "Ended", sign: "off" } : outcomes[outcome];
  }
}

export const queueWords: Readonly<Record<QueueStatus, string>> = {
  done: "Done",
  connected: "Connected",
  dialing: "Dialing",
  claimed: "About to be dialled",
  waiting: "Waiting",
  exhausted: "Out of attempts",
  blocked: "Not to be called",
};

export const agentWords: Readonly<Record<AgentState, string>> = {
  talking: "Talking",
  ready: "Ready",
  wrap_up: "After a call",
  joining: "Joining",
  paused: "Paused",
};

export const modeWords: Readonly<Record<Campaign["mode"], string>> = {
  preview: "Preview",
  progressive: "Progressive",
  predictive: "Predictive",
};

export function campaignShown({ state }: Campaign): Shown {
  switch (state) {
    case "running":
      return { word: "Running", sign: "good" };
    case "paused":
      return { word: "Paused", sign: "hold" };
    default:
      return { word: "Finished", sign: "off" };
  }
}

/** "1001 to +31201234567" */
export function partiesOf({ from_number, to_number }: Call): string {
  return `${from_number} to ${to_number}`;
}

/** A length of time as on a clock: "0:09", "12:00", "1:00:00". */
export function lasting(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number: number) => String(number).padStart(2, "0");
  const [h, min, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(min)}:${two(s)}` : `${min}:${two(s)}`;
}

/** How long a call lasts, from its beginning until it's answered, and from then on. */
export function timeOf({ started_at, answered_at, ended_at }: Call, now: number): string {
  const until = ended_at === null ? now : Date.parse(ended_at);
  return lasting((until - Date.parse(answered_at ?? started_at)) / 1_000);
}

/** "1.2 %" of 0.012. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
