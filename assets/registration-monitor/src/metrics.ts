import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Change } from "./changes";
import type { StreamMeter } from "./events/streams";
import type { Totals } from "./rows";
import type { TimelineMeter } from "./timeline/timeline";

/** What the monitor looks at. */
export type SourceName = "asterisk" | "database" | "sip-proxy";

/** What is looked at when somebody asks for the metrics. */
export interface Levels {
  readonly totals: Totals;
  /** Whether each source shows what is true now; without those that this mode has no use for. */
  readonly sources: Readonly<Partial<Record<SourceName, boolean>>>;
  readonly timelineWaiting: number;
  readonly eventClients: number;
}

const PREFIX = "registration_monitor_";

/**
 * All metrics of the monitor. None has a label of the DN: with 5000 of them it would be most of what a Prometheus of
 * this size holds, and who is not registered stands on the page, with the reason.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly timeline: TimelineMeter;
  readonly streams: StreamMeter;
  readonly #looks: Counter<"source" | "outcome">;
  readonly #lookSeconds: Histogram<"source">;
  readonly #losses: Counter<"source">;
  readonly #changes: Counter<"what" | "trouble">;
  #levels?: () => Levels;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#looks = this.#counter("looks_total", "Looks at the whole of a source, by outcome.", [
      "source",
      "outcome",
    ]);
    this.#losses = this.#counter("losses_total", "Times that the sight of a source was lost.", ["source"]);
    this.#changes = this.#counter(
      "changes_total",
      "Changes of DNs, by what changed and whether it is an error.",
      ["what", "trouble"],
    );
    this.#lookSeconds = new Histogram({
      name: `${PREFIX}look_duration_seconds`,
      help: "Time that looks took that succeeded.",
      labelNames: ["source"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [this.registry],
    });
    this.timeline = this.#timelineMeter();
    this.streams = this.#streamMeter();
    this.#rows();
    this.#level(
      "timeline_waiting",
      "Changes that are not in the database yet.",
      (now) => now.timelineWaiting,
    );
    this.#level("event_clients", "Pages that are open.", (now) => now.eventClients);
  }

  /** Where the gauges are read from. */
  watch(levels: () => Levels): void {
    this.#levels = levels;
  }

  looked(source: SourceName, failure: Error | undefined, seconds: number): void {
    this.#looks.inc({ source, outcome: failure === undefined ? "ok" : "failed" });
    if (failure === undefined) this.#lookSeconds.observe({ source }, seconds);
  }

  lost(source: SourceName): void {
    this.#losses.inc({ source });
  }

  changed({ what, trouble }: Change): void {
    this.#changes.inc({ what, trouble: String(trouble) });
  }

  /** The page for Prometheus. */
  async page(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }

  #rows(): void {
    this.#level("dns", "DNs that have a row.", ({ totals }) => totals.listed);
    this.#level(
      "phones_outside_range",
      "Phones registered with a DN outside the range.",
      ({ totals }) => totals.outsideRange,
    );
    this.#levelsBy("phones", "Phones by their state at Asterisk.", "state", ({ totals }) => totals.phones);
    this.#levelsBy("genesys", "DNs by their state at Genesys.", "state", ({ totals }) => totals.genesys);
    this.#levelsBy(
      "conditions",
      "DNs by what operators sort them by.",
      "condition",
      ({ totals }) => totals.conditions,
    );
    this.#levelsBy(
      "source_up",
      "1: what is shown of the source is true now.",
      "source",
      ({ sources }) => sources,
    );
  }

  #timelineMeter(): TimelineMeter {
    const written = this.#counter("timeline_written_total", "Changes that were written to the database.");
    const dropped = this.#counter("timeline_dropped_total", "Changes that never got into the database.");
    const pruned = this.#counter(
      "timeline_pruned_total",
      "Changes that were removed because of their age or number.",
    );
    const failed = this.#counter("timeline_failures_total", "Statements of the timeline that failed.", [
      "what",
    ]);
    for (const what of ["write", "prune", "read"]) failed.inc({ what }, 0);
    return {
      written: (count) => written.inc(count),
      dropped: (count) => dropped.inc(count),
      pruned: (count) => pruned.inc(count),
      failed: (what) => failed.inc({ what }),
    };
  }

  #streamMeter(): StreamMeter {
    const refused = this.#counter(
      "event_clients_refused_total",
      "Pages that were refused: too many are open.",
    );
    const slow = this.#counter(
      "event_clients_slow_total",
      "Pages that were sent away: they read too slowly.",
    );
    return { refused: () => refused.inc(), slow: () => slow.inc() };
  }

  #counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({
      name: `${PREFIX}${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
    });
  }

  #level(name: string, help: string, read: (levels: Levels) => number): void {
    const levels = () => this.#levels?.();
    new Gauge({
      name: `${PREFIX}${name}`,
      help,
      registers: [this.registry],
      collect() {
        const now = levels();
        if (now !== undefined) this.set(read(now));
      },
    });
  }

  #levelsBy(
    name: string,
    help: string,
    label: string,
    read: (levels: Levels) => Readonly<Record<string, number | boolean>>,
  ): void {
    const levels = () => this.#levels?.();
    new Gauge({
      name: `${PREFIX}${name}`,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        const now = levels();
        for (const [value, count] of now === undefined ? [] : Object.entries(read(now))) {
          this.labels(value).set(Number(count));
        }
      },
    });
  }
}
