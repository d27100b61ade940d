import type { Abandonment, Figures } from "./figures";

export const campaignModes = ["preview", "progressive", "predictive"] as const;
export type CampaignMode = (typeof campaignModes)[number];

/** What a campaign allows. */
export interface PacingRules {
  readonly mode: CampaignMode;
  /** Calls for each agent who is free, or about to be, at most. */
  readonly dialRatio: number;
  /** Share of the answered calls that may find no agent. */
  readonly abandonLimit: number;
}

/** Agents and calls at one moment; times are in milliseconds. */
export interface Situation {
  /** Agents whom a customer can be put through to now. */
  readonly ready: number;
  /** For how long each of the others has talked … */
  readonly talking: readonly number[];
  /** … and how long each is still busy with what comes after a call. */
  readonly wrappingUp: readonly number[];
  /** How much there is to do for an agent after a call. */
  readonly wrapUp: number;
  /** For how long each call rings that is not answered yet. */
  readonly ringing: readonly number[];
  /** Customers who have answered, and wait for an agent. */
  readonly waiting: number;
}

/** Milliseconds that a customer who has answered waits for an agent. */
export const PATIENCE = 2_000;

/** What pacing aims at, of the limit: chance and errors of the guess have to fit into the rest. */
const AIM = 0.7;

/** Answered calls over which a rate that was too high, or too low, is made up for. */
const RECOVERY = 100;

/** Milliseconds from now at which customers and agents are compared. */
const horizons = [3, 6, 10, 14, 18, 22, 26, 30].map((seconds) => seconds * 1_000);

/** Calls that one decision begins at most: the next one knows what has become of them. */
const MAX_AT_ONCE = 50;

/** How many calls to begin now. */
export function callsToBegin(
  rules: PacingRules,
  situation: Situation,
  figures: Figures,
  now: number,
): number {
  if (rules.mode === "preview") return 0;
  const one = oneForEachAgent(situation);
  const more = rules.mode === "predictive" ? predicted(rules, situation, figures, now) : 0;
  return Math.min(Math.max(one, more, 0), MAX_AT_ONCE);
}

/** Progressive: no customer finds no agent, unless one goes away. */
function oneForEachAgent({ ready, ringing, waiting }: Situation): number {
  return ready - ringing.length - waiting;
}

/**
 * Predictive: as many as can be begun so that, of the customers who will have answered at any of the horizons, the number
 * who find no agent is expected to stay within what the limit leaves. Zero as long as too little is known, and when one
 * more without an agent would pass the limit: then it is one for each agent.
 */
function predicted(rules: PacingRules, situation: Situation, figures: Figures, now: number): number {
  const answers = figures.answers(now);
  const tolerance = toleranceOf(rules.abandonLimit, figures.abandonment(now));
  if (answers === undefined || tolerance === undefined) return 0;
  const talks = figures.talks(now);

  const freeWithin = (time: number): number[] => [
    ...situation.talking.map((elapsed) => talks?.endsWithin(elapsed, time - situation.wrapUp) ?? 0),
    ...situation.wrappingUp.map((left) => (left <= time ? 1 : 0)),
  ];
  const soon = situation.ready + sum(freeWithin(answers.meanRinging));
  const most = Math.floor(rules.dialRatio * soon) - situation.ringing.length - situation.waiting;

  const views = horizons.map((horizon) => ({
    free: freeWithin(horizon + PATIENCE),
    answering: situation.ringing.map((elapsed) => answers.within(elapsed, horizon)),
    ofNew: answers.within(0, horizon),
  }));
  const eventually = sum(situation.ringing.map((elapsed) => answers.within(elapsed, Infinity)));
  const fits = (count: number): boolean => {
    const expected = situation.waiting + eventually + count * answers.within(0, Infinity);
    const allowed = Math.min(tolerance.share * expected, tolerance.number);
    return views.every(({ free, answering, ofNew }) => {
      const calls = answering.length + count;
      const chance = calls === 0 ? 0 : (sum(answering) + count * ofNew) / calls;
      const spare = situation.ready - situation.waiting;
      return expectedExcess(calls, chance, spare, free.length, mean(free)) <= allowed;
    });
  };
  let [good, bad] = [0, Math.min(most, MAX_AT_ONCE) + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (fits(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** What may go wrong from now on: a share of the next customers, and a number of them. Undefined: nothing may. */
function toleranceOf(limit: number, { answered, abandoned }: Abandonment) {
  const left = limit * answered - abandoned;
  if (left <= 1) return undefined;
  const aim = limit * AIM;
  const share = (aim * (answered + RECOVERY) - abandoned) / RECOVERY;
  return share <= 0 ? undefined : { share: Math.min(share, 2 * aim), number: left / 2 };
}

/**
 * How many customers are expected to find no agent, when each of `calls` is answered with one chance, and `spare` agents are
 * there, as well as each of `agents` with another chance. Sums of different chances are taken for binomial ones of their
 * mean, whose spread is a little wider.
 */
export function expectedExcess(
  calls: number,
  answering: number,
  spare: number,
  agents: number,
  freeing: number,
): number {
  const customers = binomial(calls, answering);
  // beyond[k]: the expected number of customers above k.
  const beyond = new Array<number>(calls + 1).fill(0);
  let tail = 0;
  for (let k = calls - 1; k >= 0; k--) {
    tail += customers[k + 1] as number;
    beyond[k] = (beyond[k + 1] as number) + tail;
  }
  const above = (k: number) => (k >= 0 ? (beyond[Math.min(k, calls)] as number) : calls * answering - k);
  return sum(binomial(agents, freeing).map((chance, free) => chance * above(spare + free)));
}

/** The chances of 0 to `count` successes. */
function binomial(count: number, chance: number): number[] {
  if (chance <= 0 || chance >= 1) {
    const sure = chance <= 0 ? 0 : count;
    return Array.from({ length: count + 1 }, (_, k) => (k === sure ? 1 : 0));
  }
  // From the likeliest number outwards, in units of its own chance: (1 - chance) ** count may be too small for a number.
  const weights = new Array<number>(count + 1).fill(0);
  const middle = Math.floor((count + 1) * chance);
  const odds = chance / (1 - chance);
  weights[middle] = 1;
  for (let k = middle; k < count; k++)
    weights[k + 1] = ((weights[k] as number) * odds * (count - k)) / (k + 1);
  for (let k = middle; k > 0; k--) weights[k - 1] = ((weights[k] as number) * k) / (odds * (count - k + 1));
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}
