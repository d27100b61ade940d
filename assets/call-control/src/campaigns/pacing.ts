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

/**
 * The chance of the next call, for its customer to find no agent, as a part of the share that is aimed at: those who wait
 * already, and an agent who talks for longer than guessed, come on top of it. Found by simulation (tools/bench/calls).
 */
const CAUTION = 0.5;

/** With fewer than so many customers left to lose before the limit, less is risked. */
const RESERVE = 4;

/** At how many moments customers and agents are compared, between now and when nobody answers any more. */
const LOOKS = 5;

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
 * Predictive: calls are begun as long as the chance that the next one, once answered, finds no agent is one that the limit
 * allows. Zero as long as too little is known, and when one more without an agent would pass the limit: then it is one for
 * each agent.
 */
function predicted(rules: PacingRules, situation: Situation, figures: Figures, now: number): number {
  const { answers, talks } = figures.estimates(now);
  const tolerated = toleratedChance(rules.abandonLimit, figures.abandonment(now));
  if (answers === undefined || tolerated <= 0) return 0;
  const freeWithin = (time: number): number[] => [
    ...situation.talking.map((elapsed) => talks?.endsWithin(elapsed, time - situation.wrapUp) ?? 0),
    ...situation.wrappingUp.map((left) => (left <= time ? 1 : 0)),
  ];
  const soon = situation.ready + sum(freeWithin(answers.meanRinging));
  const most = Math.floor(rules.dialRatio * soon) - situation.ringing.length - situation.waiting;
  if (most <= 0) return 0;
  const spare = situation.ready - situation.waiting;

  const step = answers.lastAnswer / LOOKS;
  const views = Array.from({ length: LOOKS }, (_, look) => {
    const horizon = (look + 1) * step;
    const free = freeWithin(horizon + PATIENCE);
    return {
      // Of the customers who answer at all, those who do so since the look before.
      weight: answers.within(0, horizon) - answers.within(0, look * step),
      freeing: binomial(free.length, mean(free)),
      answering: sum(situation.ringing.map((elapsed) => answers.within(elapsed, horizon))),
      ofNew: answers.within(0, horizon),
    };
  });
  const all = sum(views.map(({ weight }) => weight));
  if (all === 0) return 0;
  const fits = (count: number): boolean => {
    const others = situation.ringing.length + count - 1;
    const alone = views.map(({ weight, freeing, answering, ofNew }) => {
      const chance = others === 0 ? 0 : (answering + (count - 1) * ofNew) / others;
      return weight * chanceOfNone(binomial(others, chance), spare, freeing);
    });
    return sum(alone) / all <= tolerated;
  };
  return greatest(Math.min(most, MAX_AT_ONCE), fits);
}

/** The greatest number up to `most` that fits, where those below it fit, too. Mostly that is a small one. */
function greatest(most: number, fits: (count: number) => boolean): number {
  let [good, bad] = [0, most + 1];
  for (let step = 1; bad - good > 1; step *= 2) {
    const next = bad <= most ? (good + bad) >> 1 : Math.min(good + step, most);
    if (fits(next)) good = next;
    else bad = next;
  }
  return good;
}

/** The chance to find no agent that one more call may have; zero: none. */
function toleratedChance(limit: number, { answered, abandoned }: Abandonment): number {
  const left = limit * answered - abandoned - 1;
  if (left <= 0) return 0;
  const aim = limit * AIM;
  const share = (aim * (answered + RECOVERY) - abandoned) / RECOVERY;
  return share * CAUTION * Math.min(1, left / RESERVE);
}

/**
 * The chance that other customers take all agents: those to spare now, and those of others who get free.
 *
 * @param customers the chances of 0, 1, 2 ... of them
 * @param freeing likewise, of agents
 */
export function chanceOfNone(
  customers: readonly number[],
  spare: number,
  freeing: readonly number[],
): number {
  // reach[k]: the chance of k customers or more.
  const reach = [...customers];
  for (let k = reach.length - 2; k >= 0; k--) reach[k] = (reach[k] as number) + (reach[k + 1] as number);
  return sum(freeing.map((chance, free) => chance * (spare + free <= 0 ? 1 : (reach[spare + free] ?? 0))));
}

/** The chances of 0 to `count` successes. */
export function binomial(count: number, chance: number): number[] {
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
