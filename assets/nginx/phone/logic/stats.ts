/** Counters of one call's audio, as getStats gives them (W3C webrtc-stats). */
export interface Counters {
  /** Milliseconds. */
  readonly time: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  /** Seconds. */
  readonly jitter: number;
  /** Seconds; of the other side's last report. */
  readonly roundTrip?: number;
}

/** What happened between two looks at the counters. */
export interface Sample {
  readonly packetsInPerSecond: number;
  readonly packetsOutPerSecond: number;
  /** Milliseconds. */
  readonly jitter: number;
  /** Percent of the packets that should have come in. */
  readonly loss: number;
  /** Milliseconds. */
  readonly roundTrip?: number;
}

interface Report {
  readonly type: string;
  readonly kind?: string;
  readonly [key: string]: unknown;
}

/** The audio counters in a report of getStats. Missing ones count as zero: a stream that has not begun has none. */
export function countersOf(reports: Iterable<Report>, time: number): Counters {
  let counters: Counters = { time, packetsReceived: 0, packetsSent: 0, packetsLost: 0, jitter: 0 };
  for (const report of reports) {
    if (report.kind !== "audio") continue;
    const value = (key: string) => {
      const found = report[key];
      return typeof found === "number" && Number.isFinite(found) ? found : undefined;
    };
    if (report.type === "inbound-rtp") {
      counters = {
        ...counters,
        packetsReceived: counters.packetsReceived + (value("packetsReceived") ?? 0),
        packetsLost: counters.packetsLost + (value("packetsLost") ?? 0),
        jitter: Math.max(counters.jitter, value("jitter") ?? 0),
      };
    } else if (report.type === "outbound-rtp") {
      counters = { ...counters, packetsSent: counters.packetsSent + (value("packetsSent") ?? 0) };
    } else if (report.type === "remote-inbound-rtp") {
      const roundTrip = value("roundTripTime");
      if (roundTrip !== undefined) counters = { ...counters, roundTrip };
    }
  }
  return counters;
}

/**
 * undefined: no time has passed, or the counters started anew. `packetsLost` may go down when a packet that was counted
 * as lost comes late (RFC 3550 6.4.1), which is no negative loss.
 */
export function sampleOf(before: Counters, after: Counters): Sample | undefined {
  const seconds = (after.time - before.time) / 1000;
  const received = after.packetsReceived - before.packetsReceived;
  const sent = after.packetsSent - before.packetsSent;
  if (seconds <= 0 || received < 0 || sent < 0) return undefined;
  const lost = Math.max(0, after.packetsLost - before.packetsLost);
  return {
    packetsInPerSecond: received / seconds,
    packetsOutPerSecond: sent / seconds,
    jitter: after.jitter * 1000,
    loss: lost === 0 ? 0 : (100 * lost) / (lost + received),
    ...(after.roundTrip !== undefined && { roundTrip: after.roundTrip * 1000 }),
  };
}

/**
 * Points of an SVG polyline, newest at the right edge.
 *
 * @param capacity how many values fill the width
 * @param ceiling value that reaches the top; greater values raise it
 */
export function polyline(
  values: readonly number[],
  { width, height, capacity, ceiling }: { width: number; height: number; capacity: number; ceiling: number },
): string {
  const shown = values.slice(-capacity);
  const top = Math.max(ceiling, ...shown);
  const step = width / (capacity - 1);
  const start = width - step * (shown.length - 1);
  return shown
    .map((value, index) => `${round(start + index * step)},${round(height - (height * value) / top)}`)
    .join(" ");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
