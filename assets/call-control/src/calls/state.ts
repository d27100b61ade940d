import type { Destination } from "../numbers";
import type { Call } from "./call";
import type { Leg } from "./leg";

/** Where callers wait for one of several agents. */
export interface QueueTarget {
  readonly kind: "queue";
  readonly queue: string;
}

/** Whom a call is put through to. */
export interface Route {
  readonly to: Destination | QueueTarget;
  /** What the called party sees. */
  readonly callerId: string;
  /** How long one phone rings. */
  readonly ringSeconds: number;
  /** When a caller has waited long enough. */
  readonly until?: Date;
}

/**
 * calling: the first leg of an originated or a campaign's call is rung. connecting: somebody is there, and others are
 * called for. talking: two parties hear each other. waiting: a campaign's customer is there, and no agent. followed: the
 * dialplan has the call. ended: what is left is being cleared away.
 */
export type Phase = "calling" | "connecting" | "talking" | "waiting" | "followed" | "ended";

const next: Readonly<Record<Phase, readonly Phase[]>> = {
  calling: ["connecting", "waiting", "ended"],
  connecting: ["talking", "ended"],
  talking: ["connecting", "followed", "ended"],
  waiting: ["talking", "ended"],
  followed: ["ended"],
  ended: [],
};

/** Throws when a call must not go from the one to the other, which is a fault of this code. */
export function transition(from: Phase, to: Phase): Phase {
  if (!next[from].includes(to)) throw new Error(`a call: no way from ${from} to ${to}`);
  return to;
}

/** An agent speaks, or is about to speak, with whom the other party shall be transferred to. */
export interface Consultation {
  /** Ids of legs: who transfers, and who is asked. */
  readonly by: string;
  readonly with: string;
  readonly to: Destination;
}

/** Why a leg has ended: Q.850, and Asterisk's words for it. Both are missing when it has ended unseen. */
export interface Cause {
  readonly code?: number;
  readonly text?: string;
}

/** A call with what is needed to carry it on. Never changed: `advance` makes another one. */
export interface CallState {
  readonly call: Call;
  readonly phase: Phase;
  /** Its channels. One that was let go is none of them any more, though it may not have ended yet. */
  readonly legs: readonly Leg[];
  readonly route?: Route;
  /** Whether its bridge was asked for. */
  readonly bridge: boolean;
  readonly consultation?: Consultation;
  /** Id of the leg that is on hold: it hears music, and nobody hears it. */
  readonly held?: string;
  /** Its end was asked for, or a campaign has given it up. */
  readonly ending?: "asked" | "abandoned";
}

/** Legs that are called for those who are there already. */
export function candidates({ legs }: CallState): Leg[] {
  return legs.filter(({ role, state }) => role === "peer" && state !== "up");
}

/** Legs of those between whom the call is: neither called for, nor asked in between. */
export function parties({ legs }: CallState): Leg[] {
  return legs.filter(({ role, state }) => role !== "consulted" && (role !== "peer" || state === "up"));
}

/** Whether a party is a DN; numbers outside have a + in front. */
export function isDn(party: string): boolean {
  return /^[0-9]+$/.test(party);
}
