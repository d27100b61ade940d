/** How a call to a customer went, as far as it rang: in milliseconds from its begin until it was answered, or ended without. */
interface Dial {
  readonly took: number;
  readonly answered: boolean;
}

/** Samples of an estimate: the latest ones, none of them old. */
const MAX_SAMPLES = 400;
const MAX_AGE = 45 * 60_000;

/** Samples below which nothing is said. */
const FEW = 30;

/** Milliseconds for which estimates hold: many calls begin and end in a second. */
const ESTIMATES_HOLD = 2_000;

/** Milliseconds over which the abandon rate is taken, and the length of the pieces that this window moves by. */
export const ABANDON_WINDOW = 60 * 60_000;
const PIECE = 60_000;

/** Answered calls, and those of them that found no agent. */
export interface Abandonment {
  readonly answered: number;
  readonly abandoned: number;
}

export interface Estimates {
  /** Undefined: too few calls to say. */
  readonly answers: Answers | undefined;
  readonly talks: Durations | undefined;
}

/** What a campaign's latest calls were like, from which pacing guesses what the next ones will be like. */
export class Figures {
  readonly #dials = new Latest<Dial>();
  readonly #talkTimes = new Latest<number>();
  #estimates?: Estimates & { readonly at: number };
  #pieces: { readonly at: number; answered: number; abandoned: number }[] = [];

  /** A call has rung for `took` milliseconds, and was answered then, or has ended. */
  dialled(at: number, took: number, answered: boolean): void {
    this.#dials.add(at, { took, answered });
    if (answered) this.#piece(at).answered++;
  }

  abandoned(at: number): void {
    this.#piece(at).abandoned++;
  }

  talked(at: number, took: number): void {
    this.#talkTimes.add(at, took);
  }

  abandonment(now: number): Abandonment {
    const pieces = this.#pieces.filter(({ at }) => at > now - ABANDON_WINDOW);
    const sum = (of: (piece: Abandonment) => number) => pieces.reduce((total, piece) => total + of(piece), 0);
    return { answered: sum(({ answered }) => answered), abandoned: sum(({ abandoned }) => abandoned) };
  }

  /** What the next calls are expected to be like. */
  estimates(now: number): Estimates {
    if (this.#estimates === undefined || now - this.#estimates.at > ESTIMATES_HOLD)
      this.#estimates = { at: now, answers: this.#answers(now), talks: this.#talks(now) };
    return this.#estimates;
  }

  /**
   * When customers begin to answer more often, the latest calls tell it first: so of the latest ones, of more, and of all,
   * those are believed in which most were answered.
   */
  #answers(now: number): Answers | undefined {
    const dials = this.#dials.values(now);
    if (dials.length < FEW) return undefined;
    const share = (some: readonly Dial[]) => some.filter(({ answered }) => answered).length / some.length;
    const [first = dials, ...others] = [50, 150, MAX_SAMPLES].map((count) => dials.slice(-count));
    return new Answers(others.reduce((best, some) => (share(some) > share(best) ? some : best), first));
  }

  #talks(now: number): Durations | undefined {
    const talks = this.#talkTimes.values(now);
    return talks.length < FEW ? undefined : new Durations(talks);
  }

  #piece(at: number): { answered: number; abandoned: number } {
    const start = Math.floor(at / PIECE) * PIECE;
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.at >= start) return last;
    const piece = { at: start, answered: 0, abandoned: 0 };
    this.#pieces = [...this.#pieces.filter((one) => one.at > at - ABANDON_WINDOW), piece];
    return piece;
  }
}

/** The latest values; bounded in number and age. */
class Latest<Value> {
  #items: { readonly at: number; readonly value: Value }[] = [];

  add(at: number, value: Value): void {
    this.#items.push({ at, value });
    if (this.#items.length >= MAX_SAMPLES * 2) this.#items = this.#items.slice(-MAX_SAMPLES);
  }

  /** The latest last. */
  values(now: number): Value[] {
    const latest = this.#items.slice(-MAX_SAMPLES);
    return latest.filter(({ at }) => now - at <= MAX_AGE).map(({ value }) => value);
  }
}

/** Milliseconds by which durations are told apart, and beyond which they are not any more. */
const STEP = 500;
const LONGEST = 2 * 3_600_000;

/** How long things took, in milliseconds. */
export class Durations {
  /** At each step: how many took longer. It is asked for thousands of times a second. */
  readonly #longer: Uint32Array;
  readonly mean: number;

  constructor(values: readonly number[]) {
    const steps = values.map((value) => Math.floor(Math.min(value, LONGEST) / STEP));
    this.#longer = new Uint32Array(steps.reduce((most, step) => Math.max(most, step), 0) + 1);
    for (const step of steps) if (step > 0) (this.#longer[step - 1] as number)++;
    for (let step = this.#longer.length - 2; step >= 0; step--)
      (this.#longer[step] as number) += this.#longer[step + 1] as number;
    this.mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  /** Of the longest one. */
  get longest(): number {
    return this.#longer.length * STEP;
  }

  longerThan(value: number): number {
    return this.#longer[Math.floor(value / STEP)] ?? 0;
  }

  /** The chance that what goes on for `elapsed` already ends `within` the time from now on. */
  endsWithin(elapsed: number, within: number): number {
    if (within <= 0) return 0;
    const longer = this.longerThan(elapsed);
    // Of what goes on for longer than nearly all, nothing is known but that it goes on.
    if (longer < 5) return 1 - Math.exp(-within / this.mean);
    return 1 - this.longerThan(elapsed + within) / longer;
  }
}

/** Whether and when customers answer. */
export class Answers {
  readonly #answered: Durations;
  readonly #all: Durations;

  constructor(dials: readonly Dial[]) {
    this.#answered = new Durations(dials.filter(({ answered }) => answered).map(({ took }) => took));
    this.#all = new Durations(dials.map(({ took }) => took));
  }

  /** Milliseconds that a call rings, answered or not. */
  get meanRinging(): number {
    return this.#all.mean;
  }

  /** Milliseconds after which nobody has answered any more. */
  get lastAnswer(): number {
    return this.#answered.longest;
  }

  /** The chance that a call which rings for `elapsed` already is answered `within` the time from now on. */
  within(elapsed: number, within: number): number {
    const ringing = this.#all.longerThan(elapsed);
    if (ringing === 0) return 0;
    return (this.#answered.longerThan(elapsed) - this.#answered.longerThan(elapsed + within)) / ringing;
  }
}
