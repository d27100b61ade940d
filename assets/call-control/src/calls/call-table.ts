import type { AriError } from "../../../../lib/ari";
import type { Logger } from "../../../../lib/service";
import type { Clock, Timer } from "../../../../lib/sip/clock";
import type { CallControlConfig } from "../config";
import { advance } from "./advance";
import type { Ari } from "./ari";
import type { Call, CallChange } from "./call";
import { CallError } from "./calls";
import { Feed } from "./feed";
import type { Input, Request } from "./inputs";
import type { Janitor } from "./janitor";
import type { CallsMeter } from "./meter";
import { Runner } from "./runner";
import type { CallState } from "./state";
import type { Advance } from "./step";

export interface CallTableOptions {
  readonly config: CallControlConfig;
  readonly ari: Ari;
  readonly janitor: Janitor;
  readonly log: Logger;
  readonly meter: CallsMeter;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly random: () => number;
  /** A call asks whom of a queue's members to ring. */
  readonly choose: (call: string, queue: string) => void;
}

/** The calls that are up, by their ids and those of their channels; each goes from one state to the next here. */
export class CallTable {
  readonly changes: Feed<CallChange>;
  readonly #states = new Map<string, CallState>();
  /** The call of each leg. */
  readonly #byLeg = new Map<string, string>();
  readonly #wakes = new Map<string, Timer>();
  /** Who waits for a call's end. */
  readonly #ends = new Map<string, Set<(call: Call) => void>>();
  readonly #runner: Runner;
  #stopped = false;

  constructor(private readonly options: CallTableOptions) {
    const { ari, config, janitor, clock, random, choose, log } = options;
    this.changes = new Feed(log);
    this.#runner = new Runner({
      ...{ ari, config, janitor, clock, random, choose },
      report: (call, input) => this.tell(call, input),
      wake: (call, after) => this.#wake(call, after),
    });
  }

  get size(): number {
    return this.#states.size;
  }

  /** Calls that have commands under way. */
  get busy(): number {
    return this.#runner.busy;
  }

  /** The oldest first. */
  states(): readonly CallState[] {
    return [...this.#states.values()];
  }

  has(call: string): boolean {
    return this.#states.has(call);
  }

  callOf(leg: string): string | undefined {
    return this.#byLeg.get(leg);
  }

  /** @param call its id, or that of one of its channels */
  find(call: string): CallState | undefined {
    return this.#states.get(call) ?? this.#states.get(this.#byLeg.get(call) ?? "");
  }

  /** As `find`. @throws CallError CALL_NOT_FOUND */
  expect(call: string): CallState {
    const state = this.find(call);
    if (state === undefined) throw new CallError("CALL_NOT_FOUND", `there is no call ${call} (any more)`);
    return state;
  }

  /** Whether somebody has a part in a call. */
  isBusy(party: string): boolean {
    for (const { legs } of this.#states.values()) if (legs.some((leg) => leg.party === party)) return true;
    return false;
  }

  /** Nothing happens to calls any more, and their timers end. */
  stop(): void {
    this.#stopped = true;
    this.#runner.stop();
    for (const timer of this.#wakes.values()) timer.cancel();
    this.#wakes.clear();
  }

  /** A call that was asked for; rejects when its first channel can't be had. */
  async make(id: string, begun: Advance): Promise<Call> {
    const ended = this.untilEnd(id);
    const error = await this.apply(id, begun);
    const state = this.#states.get(id);
    if (state !== undefined) {
      ended.forget();
      return state.call;
    }
    const { outcome, causeText = "it ended at once", ...call } = await ended.call;
    if (outcome === "unavailable") {
      throw new CallError("UNAVAILABLE", `${call.agent ?? call.to} can't be reached: ${causeText}`);
    }
    throw new CallError("ASTERISK", `the call could not be made: ${causeText}`, { cause: error });
  }

  /** @throws CallError */
  async request(id: string, request: Request): Promise<Call> {
    const state = this.expect(id);
    const next = advance(state, request, this.options.now());
    const error = await this.apply(id, next);
    if (error === undefined) return this.#states.get(id)?.call ?? next.state.call;
    throw new CallError("ASTERISK", `Asterisk did not do it: ${error.message}`, { cause: error });
  }

  /** Tells a call what has happened to it. */
  tell(id: string, input: Exclude<Input, Request>): void {
    const state = this.#states.get(id);
    // What fails because this process ends is no failure of the call, which the next one takes up.
    if (state === undefined || this.#stopped) return;
    void this.apply(id, advance(state, input, this.options.now()));
  }

  /** The one place where a call's state is replaced. Resolves when its commands are done, with the first that was not. */
  async apply(id: string, { state, commands, changes }: Advance): Promise<AriError | undefined> {
    for (const leg of this.#states.get(id)?.legs ?? []) this.#byLeg.delete(leg.id);
    for (const leg of state.legs) this.#byLeg.set(leg.id, id);
    if (state.phase === "ended") this.#forget(id);
    else this.#states.set(id, state);
    const done = this.#runner.run(id, commands);
    for (const change of changes) this.#count(change);
    this.changes.tell(...changes);
    const error = await done;
    if (error !== undefined) {
      this.options.meter.failed(error.code);
      this.options.log.warn({ call: id, error: error.message }, "Asterisk did not do what a call needs");
    }
    return error;
  }

  #forget(id: string): void {
    this.#states.delete(id);
    this.#wakes.get(id)?.cancel();
    this.#wakes.delete(id);
  }

  #count({ what, call }: CallChange): void {
    const { meter } = this.options;
    const { id, type, outcome } = call;
    if (what === "started") meter.began(type);
    if (what !== "ended" || outcome === undefined) return;
    meter.ended(type, outcome);
    const waiting = this.#ends.get(id);
    this.#ends.delete(id);
    for (const resolve of waiting ?? []) resolve(call);
  }

  /** The call's end; `forget` when nobody waits for it any more. */
  untilEnd(id: string): { readonly call: Promise<Call>; readonly forget: () => void } {
    const waiting = this.#ends.get(id) ?? new Set();
    this.#ends.set(id, waiting);
    let forget = () => {};
    const call = new Promise<Call>((resolve) => {
      waiting.add(resolve);
      forget = () => {
        waiting.delete(resolve);
        if (waiting.size === 0) this.#ends.delete(id);
      };
    });
    return { call, forget };
  }

  #wake(id: string, after: number): void {
    this.#wakes.get(id)?.cancel();
    if (!this.#states.has(id)) return;
    this.#wakes.set(
      id,
      this.options.clock.after(after, () => {
        this.#wakes.delete(id);
        this.tell(id, { what: "wake" });
      }),
    );
  }
}
