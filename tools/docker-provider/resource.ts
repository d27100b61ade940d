import type { Engine } from "./engine/engine";
import type { PlanRules } from "./plan";
import type { Surroundings } from "./provider";
import type { RegistryCredentials } from "./resources/image/credentials";
import { hasUnknown, type State, UNKNOWN, type Value } from "./value";

/** What an operation works with. */
export interface Context {
  readonly engine: Engine;
  readonly credentials: RegistryCredentials;
  readonly surroundings: Surroundings;
  /** Aborted when Terraform is interrupted or the operation has taken too long. */
  readonly signal: AbortSignal;
}

/** A kind of thing in the engine. Every operation throws {@link Fault} when it fails. */
export interface Resource {
  readonly rules: PlanRules;
  /** The state as the engine has it now; null when the thing is gone. */
  read(context: Context, state: State): Promise<State | null>;
  /**
   * Makes it.
   *
   * @param keep takes note of what exists from now on, should a later step fail
   */
  create(context: Context, planned: State, keep: (state: State) => void): Promise<State>;
  /** Changes it in place. */
  update(context: Context, prior: State, planned: State): Promise<State>;
  /** Removes it; it is no fault when it is gone already. */
  delete(context: Context, state: State): Promise<void>;
  /** The state from which `read` fills in the rest; absent where the real provider can't import either. */
  import?(id: string): State;
}

/** The planned state with what the engine has made of it: unknown values are taken from `observed`. */
export function settle(planned: State, observed: State): State {
  return Object.fromEntries(
    Object.entries(planned).map(([name, value]) => [
      name,
      value === UNKNOWN ? (observed[name] ?? null) : value,
    ]),
  );
}

/** Terraform accepts no unknown value after an apply: what nobody has filled in is null. */
export function finish(state: State): State {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, known(value)]));
}

function known(value: Value): Value {
  if (value === UNKNOWN) return null;
  if (!hasUnknown(value)) return value;
  return Array.isArray(value) ? value.map(known) : finish(value as State);
}
