import type { Call, CallChange } from "./call";
import type { Command } from "./commands";
import type { Leg } from "./leg";
import { type CallState, type Phase, transition } from "./state";

/** What comes of one input. */
export interface Advance {
  readonly state: CallState;
  readonly commands: readonly Command[];
  readonly changes: readonly CallChange[];
}

/** A call on its way from one state to the next. All changes of a call's state are made here. */
export class Step {
  readonly commands: Command[] = [];
  readonly changes: CallChange[] = [];

  constructor(
    public state: CallState,
    readonly at: Date,
  ) {}

  get call(): Call {
    return this.state.call;
  }

  leg(id: string | undefined): Leg | undefined {
    return this.state.legs.find((leg) => leg.id === id);
  }

  set(fields: Partial<Omit<CallState, "phase" | "call" | "legs">>): void {
    this.state = { ...this.state, ...fields };
  }

  setCall(fields: Partial<Omit<Call, "id">>): void {
    this.state = { ...this.state, call: { ...this.call, ...fields } };
  }

  setLeg(id: string, fields: Partial<Omit<Leg, "id">>): void {
    const legs = this.state.legs.map((leg) => (leg.id === id ? { ...leg, ...fields } : leg));
    this.state = { ...this.state, legs };
  }

  addLegs(...legs: Leg[]): void {
    this.state = { ...this.state, legs: [...this.state.legs, ...legs] };
  }

  /** It's no leg of the call any more; what becomes of its channel is not said by that. */
  removeLeg(id: string): void {
    this.state = { ...this.state, legs: this.state.legs.filter((leg) => leg.id !== id) };
  }

  enter(phase: Phase): void {
    this.state = { ...this.state, phase: transition(this.state.phase, phase) };
  }

  want(...commands: Command[]): void {
    this.commands.push(...commands);
  }

  tell(what: CallChange["what"]): void {
    this.changes.push({ what, at: this.at, call: this.call });
  }

  done(): Advance {
    return { state: this.state, commands: this.commands, changes: this.changes };
  }
}
