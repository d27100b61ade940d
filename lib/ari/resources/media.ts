/** What can be played: `tone:440+480/2000,0/4000`, `tone:ring`, `recording:<name>`, `sound:<file>`, `digits:<digits>`. */
export interface PlayRequest {
  /** Of your own making (`newId`). */
  readonly playbackId: string;
  /** One after the other. */
  readonly media: string | readonly string[];
  /** Milliseconds of the first one that are skipped. */
  readonly offsetMs?: number;
}

export interface RecordRequest {
  /**
   * The recording's name, and its file's below Asterisk's spool directory, without the extension; slashes make folders.
   */
  readonly name: string;
  /** As loaded in Asterisk: `wav`, `ulaw`, `alaw`. */
  readonly format: string;
  /** Seconds. @default no limit */
  readonly maxDuration?: number;
  /** Seconds of silence after which it ends. @default no limit */
  readonly maxSilence?: number;
  /** What happens when there is one of this name: `fail` is ARI_CONFLICT. @default fail */
  readonly ifExists?: "fail" | "overwrite" | "append";
  /** @default false */
  readonly beep?: boolean;
  /** A digit that ends it. @default none */
  readonly terminateOn?: "none" | "any" | "*" | "#";
}

export function playBody({ media, offsetMs }: PlayRequest): object {
  return { media: typeof media === "string" ? [media] : media, offsetms: offsetMs };
}

export function recordBody({ maxDuration, maxSilence, ...request }: RecordRequest): object {
  return { ...request, maxDurationSeconds: maxDuration, maxSilenceSeconds: maxSilence };
}
