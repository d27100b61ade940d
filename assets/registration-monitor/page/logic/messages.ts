import type { TimelineEntry } from "../../src/changes";
import type { SourceSight } from "../../src/poller";
import type { Row, Totals } from "../../src/rows";
import type { TimelineSight } from "../../src/timeline/timeline";

/** What stands above the rows. */
export interface Head {
  readonly mode: "static" | "proxy";
  readonly range: string;
  readonly release: string;
  readonly retentionHours: number;
  readonly asterisk: SourceSight;
  readonly database: SourceSight;
  /** null: in static mode it has nothing to tell. */
  readonly sipProxy: SourceSight | null;
  readonly timeline: TimelineSight;
}

/** GET registrations. */
export interface Whole extends Head {
  /** ISO 8601: the monitor's clock, for what counts down. */
  readonly now: string;
  readonly version: string;
  readonly totals: Totals;
  readonly rows: readonly Row[];
}

/** The event `delta`: what has not changed is left out. */
export interface Delta {
  readonly version: string;
  readonly head?: Head;
  readonly totals?: Totals;
  readonly rows?: readonly Row[];
  readonly gone?: readonly string[];
  readonly changes?: readonly TimelineEntry[];
}
