import type { Head } from "./messages";

/** What the reader must know before believing what is shown, in sentences. */
export function warningsOf({ asterisk, database, sipProxy, timeline }: Head): string[] {
  const warnings: string[] = [];
  // Ages go up by the second: what is said aloud must not.
  const why = (reason: string | null) => reason?.replace(/ \d+ s old/, " too old") ?? "no reason is known";
  if (!asterisk.live)
    warnings.push(`Asterisk cannot be watched, so phones are not known: ${why(asterisk.reason)}`);
  if (sipProxy !== null && !sipProxy.live) {
    warnings.push(`sip-proxy cannot be asked, so DNs at Genesys are not known: ${why(sipProxy.reason)}`);
  }
  if (!database.live) {
    warnings.push(
      `The database cannot be asked, so contacts and when they expire may be old: ${why(database.reason)}`,
    );
  }
  if (!timeline.live) {
    warnings.push(`The timeline is behind: its changes wait for the database (${why(timeline.reason)})`);
  }
  if (timeline.dropped > 0) warnings.push(`${timeline.dropped} changes never got into the timeline`);
  return warnings;
}
