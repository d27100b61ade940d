/** What a change is about; `monitor`: its own sight. */
export type Subject = "phone" | "genesys" | "monitor";

/** A change of one DN, as it happened. */
export interface Change {
  readonly dn: string;
  readonly what: Exclude<Subject, "monitor">;
  /** In words that follow on "DN 1002: ". */
  readonly text: string;
  /** True: it is an error. */
  readonly trouble: boolean;
  /** True: it was found so by the first look of all, and nobody knows since when. */
  readonly found: boolean;
}

/** A change in the timeline. */
export interface TimelineEntry {
  /** Microseconds since 1970, each once: the order of the timeline. */
  readonly id: number;
  /** ISO 8601 */
  readonly at: string;
  /** null: of the monitor itself. */
  readonly dn: string | null;
  readonly what: Subject;
  readonly trouble: boolean;
  readonly text: string;
}
