import type { Access } from "../../../../assets/call-control/page/logic/access";
import type { Call, Campaign, Minute } from "../../../../assets/call-control/page/logic/messages";

export const began = Date.parse("2026-01-05T09:00:00.000Z");

export const allScopes = [
  ...["calls:read", "calls:originate", "calls:control"],
  ...["recordings:read", "recordings:write", "campaigns:read", "campaigns:write"],
];

export function accessOf(part: Partial<Access> = {}): Access {
  return { name: "key:desk-1", scopes: allScopes, agent: null, ...part };
}

/** A call from 1001 to 1002 that has begun; `n` makes its id. */
export function callOf(n: number, part: Partial<Call> = {}): Call {
  return {
    id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
    channel_id: `170000${n}.1`,
    peer_channel_id: null,
    type: "internal",
    status: "dialing",
    from_number: "1001",
    to_number: "1002",
    agent: "1001",
    campaign_id: null,
    trunk: null,
    started_at: new Date(began + n * 1_000).toISOString(),
    answered_at: null,
    ended_at: null,
    outcome: null,
    cause: null,
    cause_text: null,
    duration: null,
    on_hold: false,
    recording_id: null,
    ...part,
  };
}

export function campaignOf(n: number, part: Partial<Campaign> = {}): Campaign {
  return {
    id: `10000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
    name: `Campaign ${n}`,
    mode: "predictive",
    state: "running",
    dial_ratio: 2,
    abandon_limit: 0.03,
    abandon_rate: 0.012,
    answered: 412,
    abandoned: 5,
    queue: { done: 812, connected: 31, dialing: 44, claimed: 6, waiting: 1_920, exhausted: 87, blocked: 12 },
    agents: { talking: 31, ready: 4, wrap_up: 9, joining: 1, paused: 5 },
    ...part,
  };
}

/** The last `count` whole minutes before `now`. */
export function minutesOf(now: number, count: number): Minute[] {
  return Array.from({ length: count }, (_, n) => {
    const at = Math.floor(now / 60_000) * 60_000 - (count - n) * 60_000;
    const calls = Math.round(24 + 12 * Math.sin(n / 6) + ((n * 7) % 5));
    return { at: new Date(at).toISOString(), calls, answered: Math.round(calls * 0.45), abandoned: n % 3 };
  });
}
