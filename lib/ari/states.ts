/**
 * disconnected: not started, or stopped. connecting: TCP and the WebSocket's handshake, with which Asterisk subscribes
 * the application. listing: events come, and are held back until what stands has been listed. ready: all is known.
 * waiting: until the next try.
 */
export type AriState = "disconnected" | "connecting" | "listing" | "ready" | "waiting";

const next: Readonly<Record<AriState, readonly AriState[]>> = {
  disconnected: ["connecting"],
  connecting: ["listing", "waiting", "disconnected"],
  listing: ["ready", "waiting", "disconnected"],
  ready: ["waiting", "disconnected"],
  waiting: ["connecting", "disconnected"],
};

/** The new state; throws when the client must not go from the one to the other, which is a fault of this code. */
export function transition(from: AriState, to: AriState): AriState {
  if (!next[from].includes(to)) throw new Error(`ARI client: no way from ${from} to ${to}`);
  return to;
}
