import type { Logger, PageFile } from "../../../lib/service";
import { takeBindings } from "./bindings";
import type { Change } from "./changes";
import type { MonitorConfig } from "./config";
import { Database } from "./database";
import { Feed, type FeedSource } from "./events/feed";
import { EventStreams } from "./events/streams";
import { MonitorServer, type PageSource } from "./http";
import { Metrics, type SourceName } from "./metrics";
import { takePicture } from "./picture-source";
import { Poller } from "./poller";
import { takeProxyList } from "./proxy-source";
import { Registrations } from "./registrations";
import type { Row } from "./rows";
import { TimelineStore } from "./timeline/store";
import { type History, Timeline } from "./timeline/timeline";
import { type Sight, Watcher } from "./watcher";

/** What the words of the timeline call a source. */
const called: Readonly<Record<SourceName, string>> = {
  asterisk: "Asterisk",
  database: "the database",
  "sip-proxy": "sip-proxy",
};

/** Everything that the monitor is made of, and what flows between the parts: sources, rows, timeline, pages. */
export class Monitor implements FeedSource, PageSource {
  readonly streams: EventStreams;
  readonly #metrics = new Metrics();
  readonly #registrations: Registrations;
  readonly #watcher: Watcher;
  readonly #database: Database;
  readonly #timeline: Timeline;
  readonly #bindings: Poller;
  readonly #proxy?: Poller;
  readonly #feed: Feed;
  readonly #server: MonitorServer;
  /** Whether each source was seen when it was last looked at. */
  readonly #seen = new Map<SourceName, boolean>();
  #recalled = false;

  constructor(
    private readonly config: MonitorConfig,
    private readonly log: Logger,
    readonly page: ReadonlyMap<string, PageFile>,
  ) {
    this.#database = new Database(config.database, log);
    const store = new TimelineStore(this.#database.query);
    this.#timeline = new Timeline(store, config.timeline, this.#metrics.timeline, log);
    this.#registrations = new Registrations(config, {
      changed: (change) => this.#changed(change),
      touched: (dn) => this.#feed.touched(dn),
    });
    this.#feed = new Feed(this);
    this.streams = new EventStreams(this.#feed, this.#metrics.streams);
    this.#watcher = new Watcher(
      config,
      this.#registrations,
      (signal) => takePicture(config.metrics, signal),
      log,
      {
        sighted: () => this.#sighted("asterisk", true, null),
        lost: (reason) => this.#sighted("asterisk", false, reason),
        looked: (failure, seconds) => this.#metrics.looked("asterisk", failure, seconds),
      },
    );
    this.#bindings = this.#poller("database", config.database.interval, () => this.#lookAtBindings());
    const { sipProxy } = config;
    if (sipProxy !== undefined) {
      this.#proxy = this.#poller("sip-proxy", sipProxy.interval, async (signal) =>
        this.#registrations.proxyList(await takeProxyList(sipProxy, signal)),
      );
    }
    this.#metrics.watch(() => ({
      totals: this.#feed.totals(),
      sources: {
        asterisk: this.sight().live,
        database: this.#bindings.sight.live,
        ...(this.#proxy && { "sip-proxy": this.#proxy.sight.live }),
      },
      timelineWaiting: this.#timeline.waiting,
      eventClients: this.streams.clients,
    }));
    this.#server = new MonitorServer(config, this);
  }

  /** Listens, begins to watch, and gives the port. */
  async start(): Promise<number> {
    const port = await this.#server.listen(this.config.listen);
    this.#feed.start();
    this.streams.start();
    this.#timeline.start();
    this.#watcher.start();
    this.#bindings.start();
    this.#proxy?.start();
    return port;
  }

  async stop(): Promise<void> {
    await Promise.all([
      this.#watcher.stop(),
      this.#bindings.stop(),
      this.#proxy?.stop(),
      this.#server.close(),
    ]);
    this.#feed.stop();
    await this.#timeline.stop();
    await this.#database.close();
  }

  sight(): Sight {
    return this.#watcher.sight;
  }

  head(): object {
    const { mode, range, release, timeline } = this.config;
    return {
      mode,
      range: `${range.from}-${range.to}`,
      release,
      retentionHours: timeline.retentionHours,
      asterisk: this.sight(),
      database: this.#bindings.sight,
      sipProxy: this.#proxy?.sight ?? null,
      timeline: this.#timeline.sight,
    };
  }

  row(dn: string): Row | undefined {
    return this.#registrations.row(dn);
  }

  outsideRange(): number {
    return this.#registrations.outsideRange;
  }

  updatedAt(): string {
    return this.#registrations.updatedAt;
  }

  snapshot(): string {
    return this.#feed.snapshot();
  }

  history(limit: number, before?: number, dn?: string): Promise<History> {
    return this.#timeline.history(limit, before, dn);
  }

  metrics(): ReturnType<Metrics["page"]> {
    return this.#metrics.page();
  }

  #changed(change: Change): void {
    const { dn, what, text, trouble, found } = change;
    this.log.info({ dn }, `DN ${dn}: ${text}`);
    this.#metrics.changed(change);
    // What was found so by the first look is no change of now: the timeline would tell a wrong time.
    if (!found) this.#feed.entry(this.#timeline.add(dn, what, text, trouble));
    if (what !== "phone") return;
    this.#bindings.nudge();
    this.#proxy?.nudge();
  }

  #poller(name: SourceName, interval: number, look: (signal: AbortSignal) => Promise<void>): Poller {
    const poller: Poller = new Poller({
      interval,
      look,
      looked: (failure, seconds) => {
        this.#metrics.looked(name, failure, seconds);
        if (failure === undefined) return this.#sighted(name, true, null);
        if (poller.sight.live) return;
        if (name === "sip-proxy" && this.#seen.get(name) !== false) this.#registrations.loseProxy();
        this.#sighted(name, false, failure.message);
      },
    });
    return poller;
  }

  async #lookAtBindings(): Promise<void> {
    const askedAt = performance.now();
    this.#registrations.bindings(await takeBindings(this.#database.query, this.config.range), askedAt);
    if (this.#recalled) return;
    for (const { dn, at, text } of await this.#timeline.troubles())
      this.#registrations.recall(dn, { at, text });
    this.#recalled = true;
  }

  /** Says once, in the log and in the timeline, that a source is seen or not. */
  #sighted(name: SourceName, live: boolean, reason: string | null): void {
    const before = this.#seen.get(name);
    if (before === live) return;
    this.#seen.set(name, live);
    if (!live) this.#metrics.lost(name);
    const text = live
      ? `${called[name]} is watched${before === undefined ? "" : " again"}`
      : `${called[name]} cannot be watched: ${reason}`;
    // The watcher has told the log of Asterisk already.
    if (name !== "asterisk") this.log[live ? "info" : "warn"](text);
    this.#feed.entry(this.#timeline.add(null, "monitor", text, !live));
  }
}
