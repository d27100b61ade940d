import type { AddressInfo } from "node:net";
import { Backoff } from "../../../lib/ami";
import { AriClient } from "../../../lib/ari";
import { type Logger, type PageFile, within } from "../../../lib/service";
import { Access } from "./access/access";
import { ApiKeys } from "./access/api-keys";
import { SignedAddresses } from "./access/signed-address";
import { Tokens } from "./access/tokens";
import { AuditTrail } from "./audit/audit-trail";
import { CallEngine } from "./calls/engine";
import { agentRoutes } from "./campaigns/agent-routes";
import { Campaigns } from "./campaigns/campaigns";
import { doNotCallRoutes } from "./campaigns/do-not-call-routes";
import { campaignRoutes } from "./campaigns/routes";
import type { CallControlConfig } from "./config";
import { Database } from "./database/database";
import { accessRoutes } from "./http/access";
import { type Api, buildApi } from "./http/app";
import { auditRoutes } from "./http/audit";
import { callLogRoutes } from "./http/call-log";
import { callRoutes } from "./http/calls";
import { pageRoutes } from "./http/page";
import { asteriskProbe, databaseProbe } from "./http/probes";
import { recordingRoutes } from "./http/recordings";
import type { Routes } from "./http/route";
import { type Sight, serverRoutes } from "./http/server";
import { LiveFeed } from "./live/feed";
import { eventRoutes } from "./live/routes";
import { EventStreams } from "./live/streams";
import { CallLog } from "./log/call-log";
import { CallLogReader } from "./log/reader";
import { toCall } from "./log/rows";
import { CallLogStore } from "./log/store";
import { Metrics } from "./metrics";
import { Recordings } from "./recordings/recordings";
import { RecordingStore } from "./recordings/store";
import { DeliveryStore } from "./webhooks/store";
import { Webhooks } from "./webhooks/webhooks";

/** Milliseconds, at the end of the service: for requests, for what waits to be written, and for the connections to close. */
const deadlines = { requests: 2_000, writing: 3_000, database: 1_000 };

/** Everything that the service is made of, and what flows between the parts: Asterisk, calls, database, HTTP. */
export class CallControl {
  readonly #metrics = new Metrics();
  readonly #database: Database;
  readonly #ari: AriClient;
  readonly #engine: CallEngine;
  readonly #logStore: CallLogStore;
  readonly #log: CallLog;
  readonly #recordings: Recordings;
  readonly #campaigns: Campaigns;
  readonly #keys: ApiKeys;
  readonly #audit: AuditTrail;
  readonly #webhooks: Webhooks;
  readonly #streams: EventStreams;
  #api?: Api;
  /** Why Asterisk is not connected yet, before it is tried at all. */
  #waiting: string | null = "the calls of the log are being read";
  #retry?: NodeJS.Timeout;
  #stopped = false;

  constructor(
    private readonly config: CallControlConfig,
    private readonly log: Logger,
    private readonly page: ReadonlyMap<string, PageFile>,
  ) {
    const { ari, database, instance, retention, webhooks } = config;
    const metrics = this.#metrics;
    this.#database = new Database(database, log);
    const { query } = this.#database;
    this.#ari = new AriClient({ url: ari.url, username: ari.username, secret: ari.password, app: ari.app });
    this.#engine = new CallEngine({ config, ari: this.#ari, log, meter: metrics.calls });
    this.#logStore = new CallLogStore(query);
    this.#log = new CallLog({
      store: this.#logStore,
      instance,
      retentionDays: retention.callLogDays,
      meter: metrics.log,
      log,
    });
    this.#recordings = new Recordings({
      ari: this.#ari,
      calls: this.#engine,
      store: new RecordingStore(query),
      config,
      meter: metrics.recordings,
      log,
    });
    this.#campaigns = new Campaigns({
      ...{ calls: this.#engine, query, instance, numbers: config, log },
      database: this.#database.client,
      asterisk: () => this.#sight(),
    });
    this.#keys = new ApiKeys(query);
    this.#audit = new AuditTrail(query, retention.auditDays, metrics.audit, log);
    this.#webhooks = new Webhooks(webhooks, new DeliveryStore(query), metrics, log);
    const source = { calls: () => this.#engine.live(), sight: () => this.#sight() };
    this.#streams = new EventStreams(new LiveFeed(this.#engine), source, metrics.streams);
    this.#engine.on("change", this.#log.change);
    this.#engine.on("change", (change) => this.#webhooks.changed(change));
    this.#engine.on("change", (change) => metrics.changed(change));
    this.#watchAsterisk();
    metrics.watch(() => ({
      calls: this.#engine.live(),
      asterisk: this.#sight().live,
      listeners: this.#streams.listeners,
      logWaiting: this.#log.waiting,
      auditWaiting: this.#audit.waiting,
      webhooksWaiting: this.#webhooks.waiting,
      webhooksPending: this.#webhooks.pending,
    }));
  }

  /** Listens, begins to work, and gives the port. @throws Error when it can't listen, or the configuration can't be used */
  async start(): Promise<number> {
    this.#api = await this.#buildApi();
    const { address, port } = this.config.listen;
    await this.#api.listen({ host: address, port }).catch((error: Error) => {
      throw new Error(`HTTP at ${address} port ${port}: ${error.message}`);
    });
    this.#keys.start();
    this.#audit.start();
    this.#webhooks.start();
    this.#streams.start();
    this.#log.start();
    this.#recordings.start();
    this.#campaigns.start();
    const backoff = new Backoff({ initial: 500, maximum: 5_000, minimum: 200 }, Math.random);
    void this.#takeUp(backoff);
    return (this.#api.server.address() as AddressInfo).port;
  }

  /** Ends requests, streams and connections, and writes what waits. Calls go on at Asterisk. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    await this.#closeApi();
    this.#recordings.stop();
    await this.#campaigns.stop();
    this.#engine.stop();
    await this.#ari.stop();
    this.#keys.stop();
    await Promise.all([
      this.#log.stop(),
      this.#audit.stop(deadlines.writing),
      this.#webhooks.stop(deadlines.writing),
    ]);
    // A statement that hangs ends by its own deadline, and nobody waits for it any more.
    await within(this.#database.close(), deadlines.database, "closing").catch(() => {});
  }

  /**
   * Reads which calls the log has that have not ended, and connects to Asterisk then: whatever stands there and is none of
   * those would be cleared away. While the database is away, the dialplan works as it does without this service.
   */
  async #takeUp(backoff: Backoff): Promise<void> {
    try {
      const rows = await this.#logStore.open(this.config.instance);
      if (this.#stopped) return;
      for (const { id, version } of rows) this.#log.resume(id, version);
      this.#engine.restore(rows.map(toCall));
      this.#waiting = null;
      this.#ari.start();
    } catch (error) {
      if (this.#stopped) return;
      const reason = `the calls of the log can't be read: ${(error as Error).message}`;
      if (reason !== this.#waiting) this.log.warn(`${reason}; Asterisk is connected when they can`);
      this.#waiting = reason;
      this.#retry = setTimeout(() => void this.#takeUp(backoff), backoff.next());
    }
  }

  #watchAsterisk(): void {
    let said: string | undefined;
    this.#ari.on("ready", () => {
      said = undefined;
      this.log.info("ARI: connected, events come");
    });
    this.#ari.on("lost", ({ message }) => {
      said = message;
      this.log.warn(`ARI: connection lost (${message}); calls go on without being seen`);
    });
    this.#ari.on("waiting", ({ message }) => {
      if (message !== said) this.log.warn(`ARI: ${message}; trying again until it works`);
      said = message;
    });
    this.#ari.on("malformed", ({ message }) => this.log.warn(`ARI: an event can't be read: ${message}`));
  }

  #sight(): Sight {
    const { state, lastError } = this.#ari;
    if (this.#waiting !== null) return { live: false, reason: this.#waiting };
    if (state === "ready") return { live: true, reason: null };
    return { live: false, reason: lastError?.message ?? "the first connection is under way" };
  }

  #buildApi(): Promise<Api> {
    const { jwt } = this.config;
    const metrics = this.#metrics;
    const tokens = jwt && new Tokens(jwt);
    return buildApi({
      access: new Access(this.#keys, tokens, metrics.access, this.log),
      audit: this.#audit,
      meter: metrics.http,
      log: this.log,
      routes: this.#routes(),
    });
  }

  #routes(): readonly Routes[] {
    const { query } = this.#database;
    const log = new CallLogReader(query);
    const calls = this.#engine;
    const recordings = this.#recordings;
    return [
      accessRoutes,
      callRoutes({ calls, dialForCampaign: (id, to, agent) => this.#campaigns.originate(id, to, agent) }),
      callLogRoutes({ calls, log, recordingsOf: (call) => recordings.ofCall(call) }),
      recordingRoutes({
        calls,
        log,
        recordings,
        addresses: new SignedAddresses(this.config.recording.signingKey),
      }),
      campaignRoutes(this.#campaigns),
      agentRoutes(this.#campaigns),
      doNotCallRoutes(this.#campaigns),
      eventRoutes(this.#streams),
      auditRoutes(this.#audit),
      serverRoutes({
        release: this.config.release,
        sight: () => this.#sight(),
        asterisk: asteriskProbe(this.#ari),
        database: databaseProbe(query),
        metrics: () => this.#metrics.page(),
      }),
      pageRoutes(this.page),
    ];
  }

  async #closeApi(): Promise<void> {
    const api = this.#api;
    if (api === undefined) return;
    try {
      await within(api.close(), deadlines.requests, "the end of all requests");
    } catch (error) {
      this.log.warn({ error: (error as Error).message }, "requests are cut off");
      api.server.closeAllConnections();
    }
  }
}
