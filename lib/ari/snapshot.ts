import type { AsteriskInfo, Bridge, Channel } from "./models";
import type { Resources } from "./resources";

/** What stood when the connection was made. */
export interface Snapshot {
  /** All of Asterisk's, also those outside of the application. */
  readonly channels: readonly Channel[];
  readonly bridges: readonly Bridge[];
  readonly asterisk: AsteriskInfo;
  /** Asterisk has started anew since the client was last ready: whatever there was then is gone. */
  readonly restarted: boolean;
}

export async function takeSnapshot(
  { asterisk, channels, bridges }: Resources,
  lastStart: string | undefined,
): Promise<Snapshot> {
  const [info, channelList, bridgeList] = await Promise.all([
    asterisk.info(),
    channels.list(),
    bridges.list(),
  ]);
  const restarted = lastStart !== undefined && lastStart !== info.status.startup_time;
  return { asterisk: info, channels: channelList, bridges: bridgeList, restarted };
}
