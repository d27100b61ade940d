import { Readable } from "node:stream";
import { Access } from "../../../assets/call-control/src/access/access";
import { newApiKey } from "../../../assets/call-control/src/access/api-key";
import { ApiKeys } from "../../../assets/call-control/src/access/api-keys";
import { type Scope, scopeNames } from "../../../assets/call-control/src/access/scopes";
import { SignedAddresses } from "../../../assets/call-control/src/access/signed-address";
import type { Tokens } from "../../../assets/call-control/src/access/tokens";
import type { AuditEntry, AuditQuery, AuditRow } from "../../../assets/call-control/src/audit/audit-trail";
import type { Call } from "../../../assets/call-control/src/calls/call";
import { accessRoutes } from "../../../assets/call-control/src/http/access";
import { type Api, buildApi } from "../../../assets/call-control/src/http/app";
import { auditRoutes } from "../../../assets/call-control/src/http/audit";
import { callLogRoutes } from "../../../assets/call-control/src/http/call-log";
import { callRoutes } from "../../../assets/call-control/src/http/calls";
import { pageRoutes } from "../../../assets/call-control/src/http/page";
import type { Finding } from "../../../assets/call-control/src/http/probes";
import { recordingRoutes } from "../../../assets/call-control/src/http/recordings";
import { serverRoutes } from "../../../assets/call-control/src/http/server";
import { LiveFeed } from "../../../assets/call-control/src/live/feed";
import { eventRoutes } from "../../../assets/call-control/src/live/routes";
import { EventStreams } from "../../../assets/call-control/src/live/streams";
import { type CallFilter, CursorError, type PageRequest } from "../../../assets/call-control/src/log/reader";
import { Metrics } from "../../../assets/call-control/src/metrics";
import type { Recording } from "../../../assets/call-control/src/recordings/store";
import { FakeCalls, someCall } from "./fake-calls";
import { keyTable } from "./key-table";

export const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, fatal: () => {} };

export const recordingId = "0b7fd6a3-1f5d-4c0e-8a4a-51a3f0a3a5d2";

export function someRecording(part: Partial<Recording> = {}): Recording {
  return {
    id: recordingId,
    callId: someCall().id,
    name: recordingId,
    format: "wav",
    state: "done",
    startedAt: new Date("2026-03-02T09:30:20Z"),
    startedBy: "key:desktop",
    endedAt: new Date("2026-03-02T09:34:05Z"),
    duration: 225,
    expiresAt: new Date("2026-04-01T09:30:20Z"),
    ...part,
  };
}

const up: Finding = { ok: true, milliseconds: 1, says: "is there" };

/** The whole API over fakes, without a listener. */
export class TestApi {
  readonly calls = new FakeCalls();
  readonly keys = keyTable();
  readonly audited: AuditEntry[] = [];
  readonly auditAsked: AuditQuery[] = [];
  auditRows: AuditRow[] = [];
  logged: Call[] = [];
  readonly logAsked: (readonly [CallFilter, PageRequest])[] = [];
  recordings: Recording[] = [];
  readonly errors: unknown[][] = [];
  asterisk: Finding = up;
  database: Finding = up;
  sight: { live: boolean; reason: string | null } = { live: true, reason: null };
  readonly metrics = new Metrics();
  readonly addresses = new SignedAddresses("a key for signatures", () => this.now);
  now = Date.parse("2026-03-02T10:00:00Z");
  streams!: EventStreams;
  app!: Api;

  static async start(tokens?: Tokens, listeners = 2): Promise<TestApi> {
    const test = new TestApi();
    const limits = { listeners, unsent: 100_000, collect: 5, heartbeat: 50 };
    const source = { calls: () => test.calls.live(), sight: () => test.sight };
    test.streams = new EventStreams(new LiveFeed(test.calls, "boot"), source, test.metrics.streams, limits);
    test.streams.start();
    const log = { ...quiet, error: (...line: unknown[]) => void test.errors.push(line) };
    const keys = new ApiKeys(test.keys.query, undefined, () => test.now);
    test.app = await buildApi({
      access: new Access(keys, tokens, test.metrics.access, quiet, () => test.now),
      audit: { record: (entry) => void test.audited.push(entry) },
      meter: test.metrics.http,
      log,
      routes: test.#routes(),
    });
    return test;
  }

  /** A key with these scopes, all without any, as the header that it is sent in. */
  key(scopes: readonly Scope[] = scopeNames, agent?: string): { authorization: string } {
    const key = newApiKey();
    this.keys.add(key, { scopes, agent });
    return { authorization: `Bearer ${key}` };
  }

  /** As it was when it was started, so that one API serves many tests. */
  reset(): void {
    this.calls.all.clear();
    this.calls.asked.length = 0;
    this.calls.refusal = undefined;
    this.audited.length = 0;
    this.auditAsked.length = 0;
    this.logAsked.length = 0;
    this.errors.length = 0;
    Object.assign(this, { logged: [], recordings: [], auditRows: [], asterisk: up, database: up });
  }

  async stop(): Promise<void> {
    await this.app.close();
  }

  #routes() {
    const log = {
      page: async (filter: CallFilter, { cursor, limit }: PageRequest = {}) => {
        this.logAsked.push([filter, { cursor, limit }]);
        if (cursor === "none of ours") throw new CursorError();
        return { calls: this.logged, ...(limit === 1 && { next: "the next" }) };
      },
      get: async (id: string) => this.logged.find((call) => call.id === id),
    };
    const recordings = {
      begin: async (call: string, startedBy: string) => {
        await this.calls.hold(call);
        return someRecording({ state: "recording", startedBy });
      },
      end: async (call: string) => {
        await this.calls.hold(call);
        return someRecording();
      },
      ofCall: async () => this.recordings,
      get: async (id: string) => this.recordings.find((recording) => recording.id === id),
      download: async () => ({ stream: Readable.from([Buffer.from("RIFF sound")]), length: 10 }),
    };
    const page = new Map([
      ["/", { type: "text/html; charset=utf-8", body: Buffer.from("<html></html>"), immutable: false }],
      ["/main-ABCDEFGH.js", { type: "text/javascript", body: Buffer.from("1"), immutable: true }],
    ]);
    return [
      accessRoutes,
      callRoutes({
        calls: this.calls,
        dialForCampaign: async (campaignId, to, agent) => {
          this.calls.asked.push(["dialForCampaign", campaignId, to, agent]);
          return someCall({ type: "campaign", campaignId });
        },
      }),
      callLogRoutes({ calls: this.calls, log, recordingsOf: recordings.ofCall }),
      recordingRoutes({ calls: this.calls, log, recordings, addresses: this.addresses }),
      eventRoutes(this.streams),
      auditRoutes({
        read: async (query) => {
          this.auditAsked.push(query);
          return this.auditRows;
        },
      }),
      serverRoutes({
        release: "r1",
        sight: () => this.sight,
        asterisk: async () => this.asterisk,
        database: async () => this.database,
        metrics: () => this.metrics.page(),
      }),
      pageRoutes(page),
    ];
  }
}
