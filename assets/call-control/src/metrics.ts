import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AccessMeter } from "./access/access";
import type { Call, CallChange } from "./calls/call";
import type { CallsMeter } from "./calls/meter";
import type { HttpMeter } from "./http/app";
import type { StreamMeter } from "./live/streams";
import type { CallLogMeter } from "./log/call-log";
import type { RecordingsMeter } from "./recordings/recordings";
import type { DeliveryMeter } from "./webhooks/lane";
import type { WriteBehindMeter } from "./write-behind";

/** What is looked at when somebody asks for the metrics. */
export interface Levels {
  readonly calls: readonly Call[];
  /** Whether Asterisk's events come. */
  readonly asterisk: boolean;
  readonly listeners: number;
  readonly logWaiting: number;
  readonly auditWaiting: number;
  readonly webhooksWaiting: number;
  /** Deliveries in the database, by webhook, as last counted. */
  readonly webhooksPending: ReadonlyMap<string, number>;
}

const PREFIX = "call_control_";

/** Of the process: a service that is started again in it must not watch it twice. */
let ofProcess: Registry | undefined;

function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

/** All metrics of the service. None has a label of an agent, a number or a call. */
export class Metrics {
  readonly registry = new Registry();
  readonly access: AccessMeter;
  readonly calls: CallsMeter;
  readonly log: CallLogMeter;
  readonly recordings: RecordingsMeter;
  readonly http: HttpMeter;
  readonly audit: WriteBehindMeter;
  readonly outbox: WriteBehindMeter;
  readonly deliveries: DeliveryMeter;
  readonly streams: StreamMeter;
  readonly #changes: Counter<"what">;
  #levels?: () => Levels;

  constructor() {
    this.#changes = this.#counter("call_changes_total", "Things that have happened to calls.", ["what"]);
    this.calls = this.#callsMeter();
    this.log = this.#logMeter();
    const recorded = this.#counter("recordings_total", "Recordings, by what became of them.", ["outcome"]);
    this.recordings = { recorded: (outcome) => recorded.inc({ outcome }) };
    const refused = this.#counter("access_refusals_total", "Requests that were refused for who sent them.", [
      "reason",
    ]);
    this.access = { refused: (reason) => refused.inc({ reason }) };
    this.http = this.#httpMeter();
    this.audit = this.#writeMeter("audit_entries", "Audit entries");
    this.outbox = this.#writeMeter("webhook_events", "Events for WebHooks");
    this.deliveries = this.#deliveryMeter();
    this.streams = this.#streamMeter();
    this.#gauges();
  }

  /** Where the gauges are read from. */
  watch(levels: () => Levels): void {
    this.#levels = levels;
  }

  changed({ what }: CallChange): void {
    this.#changes.inc({ what });
  }

  /** The page for Prometheus. */
  async page(): Promise<{ readonly type: string; readonly text: string }> {
    const registries = [processRegistry(), this.registry];
    const texts = await Promise.all(registries.map((registry) => registry.metrics()));
    return { type: this.registry.contentType, text: texts.join("\n") };
  }

  #gauges(): void {
    this.#gauge("calls", "Calls that are up, by type and status.", ["type", "status"], ({ calls }) => {
      const counts = new Map<string, number>();
      for (const { type, status } of calls) {
        const key = `${type} ${status}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return [...counts].map(([key, count]) => [key.split(" "), count] as const);
    });
    this.#level("asterisk_up", "1: Asterisk's events come.", ({ asterisk }) => Number(asterisk));
    this.#level(
      "event_listeners",
      "Server-sent events: streams that are open.",
      ({ listeners }) => listeners,
    );
    this.#level("log_rows_waiting", "Calls whose rows are not in the database yet.", (now) => now.logWaiting);
    this.#level(
      "audit_entries_waiting",
      "Audit entries that are not in the database yet.",
      (now) => now.auditWaiting,
    );
    this.#level(
      "webhook_events_waiting",
      "Events for WebHooks that are not in the database yet.",
      (now) => now.webhooksWaiting,
    );
    this.#gauge(
      "webhook_deliveries_pending",
      "What a WebHook is still to be told, counted once a minute.",
      ["webhook"],
      ({ webhooksPending }) => [...webhooksPending].map(([name, count]) => [[name], count] as const),
    );
  }

  #callsMeter(): CallsMeter {
    const began = this.#counter("calls_started_total", "Calls that have begun.", ["type"]);
    const ended = this.#counter("calls_ended_total", "Calls that have ended.", ["type", "outcome"]);
    const failed = this.#counter("asterisk_failures_total", "Requests that Asterisk did not do.", ["code"]);
    const orphaned = this.#counter(
      "orphans_total",
      "Channels and bridges that were found without a call, and removed.",
      ["kind"],
    );
    return {
      began: (type) => began.inc({ type }),
      ended: (type, outcome) => ended.inc({ type, outcome }),
      failed: (code) => failed.inc({ code }),
      orphaned: (kind) => orphaned.inc({ kind }),
    };
  }

  #logMeter(): CallLogMeter {
    const seconds = new Histogram({
      name: `${PREFIX}log_write_seconds`,
      help: "Time from a change of a call until its row was in the database.",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120],
      registers: [this.registry],
    });
    const dropped = this.#counter(
      "log_rows_dropped_total",
      "Rows of the call log that never got into the database.",
    );
    const failed = this.#counter("log_failures_total", "Statements of the call log that failed.", ["what"]);
    const pruned = this.#counter(
      "log_rows_pruned_total",
      "Rows of the call log that were removed because of their age.",
    );
    return {
      written: (time) => seconds.observe(time),
      dropped: () => dropped.inc(),
      failed: (what) => failed.inc({ what }),
      pruned: (count) => pruned.inc(count),
    };
  }

  #httpMeter(): HttpMeter {
    const requests = this.#counter("http_requests_total", "Requests that were answered.", [
      "method",
      "route",
      "status",
    ]);
    const seconds = new Histogram({
      name: `${PREFIX}http_request_duration_seconds`,
      help: "Time that answers took.",
      labelNames: ["method", "route"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [this.registry],
    });
    return {
      answered: (method, route, status, duration) => {
        requests.inc({ method, route, status });
        seconds.observe({ method, route }, duration);
      },
    };
  }

  #writeMeter(name: string, what: string): WriteBehindMeter {
    const written = this.#counter(`${name}_written_total`, `${what} that were written to the database.`);
    const dropped = this.#counter(`${name}_dropped_total`, `${what} that never got into the database.`);
    return { written: (count) => written.inc(count), dropped: (count) => dropped.inc(count) };
  }

  #deliveryMeter(): DeliveryMeter {
    const deliveries = this.#counter(
      "webhook_deliveries_total",
      "Requests to WebHooks, by what came of them.",
      ["webhook", "outcome"],
    );
    const seconds = new Histogram({
      name: `${PREFIX}webhook_delivery_seconds`,
      help: "Time from a change of a call until a WebHook had taken it.",
      labelNames: ["webhook"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600],
      registers: [this.registry],
    });
    return {
      delivered: (webhook, duration) => {
        deliveries.inc({ webhook, outcome: "ok" });
        seconds.observe({ webhook }, duration);
      },
      failed: (webhook) => deliveries.inc({ webhook, outcome: "failed" }),
      givenUp: (webhook, count) => deliveries.inc({ webhook, outcome: "given_up" }, count),
    };
  }

  #streamMeter(): StreamMeter {
    const refused = this.#counter(
      "event_listeners_refused_total",
      "Streams that were refused: too many are open.",
    );
    const slow = this.#counter(
      "event_listeners_slow_total",
      "Streams that were ended: they were read too slowly.",
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
    this.#gauge(name, help, [], (levels) => [[[], read(levels)]]);
  }

  /** @param read label values, in the order of their names, and the level */
  #gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (levels: Levels) => readonly (readonly [readonly string[], number])[],
  ): void {
    const levels = () => this.#levels?.();
    new Gauge({
      name: `${PREFIX}${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      collect() {
        this.reset();
        const now = levels();
        for (const [values, level] of now === undefined ? [] : read(now)) this.labels(...values).set(level);
      },
    });
  }
}
