import type { Channel, Snapshot } from "../../../../lib/ari";
import type { Input, Request } from "./inputs";
import { bridgeIdOf } from "./leg";
import type { CallState, Cause } from "./state";

/** What stands at Asterisk, as calls look at it. */
export interface Standing {
  readonly channels: ReadonlyMap<string, Channel>;
  /** Channels of each bridge, by the bridge's id. */
  readonly bridges: ReadonlyMap<string, readonly string[]>;
}

export function readSnapshot({ channels, bridges }: Snapshot): Standing {
  return {
    channels: new Map(channels.map((channel) => [channel.id, channel])),
    bridges: new Map(bridges.map((bridge) => [bridge.id, bridge.channels])),
  };
}

/** The end of a leg that nobody has seen. */
export const UNSEEN: Cause = { text: "It ended while Asterisk was not connected" };

/** What a call has missed, by what stands now. */
export function missed({ legs, call }: CallState, standing: Standing): Exclude<Input, Request>[] {
  const facts = legs.flatMap(({ id, state }): Exclude<Input, Request>[] => {
    const channel = standing.channels.get(id);
    // One that is being made is looked for by whoever makes it.
    if (channel === undefined) return state === "making" ? [] : [{ what: "gone", leg: id, cause: UNSEEN }];
    return [
      ...(isInApp(channel) ? [{ what: "arrived", leg: id } as const] : []),
      ...(channel.state === "Ringing" ? [{ what: "ringing", leg: id } as const] : []),
      ...(channel.state === "Up" ? [{ what: "up", leg: id } as const] : []),
    ];
  });
  return [...facts, { what: "repair", bridged: standing.bridges.get(bridgeIdOf(call.id)) }];
}

export function isInApp({ dialplan }: Channel): boolean {
  return dialplan.app_name === "Stasis";
}

/** The PJSIP endpoint of a channel, e.g. `1002`; empty when it is none of PJSIP. */
export function endpointOf({ name }: Channel): string {
  return /^PJSIP\/(.+)-[0-9a-f]+$/.exec(name)?.[1] ?? "";
}
