import type { AsteriskSight } from "./messages";

/** Since when the stream is away, and why. */
export interface Lost {
  /** As the reader's clock shows it. */
  readonly at: string;
  readonly reason: string;
}

/** What the reader must know before believing what is shown, in sentences that don't change by the second. */
export function warningsOf(
  lost: Lost | undefined,
  hasCalls: boolean,
  asterisk: AsteriskSight | undefined,
): string[] {
  if (lost !== undefined) {
    return hasCalls
      ? [`Not connected: the live calls are as they were at ${lost.at}. ${lost.reason}`]
      : [`The live calls are not known yet. ${lost.reason}`];
  }
  if (asterisk === undefined || asterisk.live) return [];
  const why = asterisk.reason === null ? "" : `: ${asterisk.reason}`;
  return [`call-control does not see Asterisk, so the live calls may be old${why}`];
}
