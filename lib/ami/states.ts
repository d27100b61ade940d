/**
 * disconnected: not started, or stopped. connecting: TCP. authenticating: greeting, login, until Asterisk is
 * fully booted. ready: actions may be sent. waiting: until the next try.
 */
export type AmiState = "disconnected" | "connecting" | "authenticating" | "ready" | "waiting";

const next: Readonly<Record<AmiState, readonly AmiState[]>> = {
  disconnected: ["connecting"],
  connecting: ["authenticating", "waiting", "disconnected"],
  authenticating: ["ready", "waiting", "disconnected"],
  ready: ["waiting", "disconnected"],
  waiting: ["connecting", "disconnected"],
};

/** The new state; throws when the client must not go from the one to the other, which is a fault of this code. */
export function transition(from: AmiState, to: AmiState): AmiState {
  if (!next[from].includes(to)) throw new Error(`AMI client: no way from ${from} to ${to}`);
  return to;
}
