import type { CallChange } from "../../../assets/call-control/src/calls/call";
import { CallEngine } from "../../../assets/call-control/src/calls/engine";
import type { CallControlConfig } from "../../../assets/call-control/src/config";
import { Database } from "../../../assets/call-control/src/database/database";
import { CallLog } from "../../../assets/call-control/src/log/call-log";
import { CallLogReader, type LoggedCall } from "../../../assets/call-control/src/log/reader";
import { toCall } from "../../../assets/call-control/src/log/rows";
import { CallLogStore } from "../../../assets/call-control/src/log/store";
import { Recordings } from "../../../assets/call-control/src/recordings/recordings";
import { RecordingStore } from "../../../assets/call-control/src/recordings/store";
import type { CallControl } from "../../../config";
import { AriClient, type AriEvent } from "../../../lib/ari";
import { Phone } from "../../../lib/phone";
import { Counted, config, silent } from "../../assets/call-control/support/world";
import { eventually } from "../asterisk/docker";
import { FarEnd } from "../asterisk/far-end";
import { passwords, ports, props, Stand } from "../asterisk/stand";

/** Addresses of these suites' own. */
export const addresses = {
  trunk: "127.0.83.1",
  genesys: "127.0.83.2",
  internal: "127.0.83.4",
  provider: "127.0.83.9",
} as const;

const SIP_PORT = 25080;
const DATABASE_PASSWORD = "call-control's";

const callControl: CallControl = {
  address: "127.0.0.1",
  port: 8083,
  internalCalls: "direct",
  allowedPrefixes: ["+31"],
  dialing: { international: "00", national: "0", country: "31" },
  callsPerMinute: 100,
  sipPort: SIP_PORT,
  trunks: [
    {
      name: "provider",
      host: addresses.provider,
      port: ports.sip,
      transport: "udp",
      register: false,
      inboundFrom: [addresses.provider],
      prefixes: [],
      callerId: "+31201234567",
    },
  ],
  dids: [
    { number: "+31201234567", to: { dn: "1002" } },
    { number: "+31201234568", to: { queue: "support" } },
  ],
  queues: [
    { name: "support", members: ["1002", "1003"], strategy: "ring-all", ringSeconds: 20, waitSeconds: 30 },
  ],
  recording: { retentionDays: 30, announcement: "none" },
  retention: { callLogDays: 365, auditDays: 730 },
  webhooks: [],
};

/** Postgres, Asterisk with call-control's dialplan, Genesys and a provider; and engines that control calls. */
export class Site {
  readonly stand: Stand;
  genesys!: FarEnd;
  provider!: FarEnd;
  readonly #open: (() => Promise<unknown>)[] = [];

  constructor(name: string) {
    this.stand = new Stand(`asterisk-test-${name}`, addresses.internal);
  }

  async start(): Promise<void> {
    const { stand } = this;
    stand.writeSecrets({ ...passwords, "postgres-call-control": DATABASE_PASSWORD });
    await stand.prepare("postgres", "database", "asterisk");
    this.genesys = await FarEnd.start(addresses.genesys, ports.sip);
    this.provider = await FarEnd.start(addresses.provider, ports.sip);
    await stand.startPostgres();
    await this.#released(stand.releaseDatabase());
    await stand.sql(`ALTER ROLE call_control LOGIN PASSWORD '${DATABASE_PASSWORD.replace("'", "''")}'`);
    await this.#released(
      stand.releaseAsterisk({
        forwardingMode: "proxy",
        host: { address: addresses.trunk, localNetworks: [] },
        genesys: {
          ...props.genesys,
          servers: [{ host: addresses.genesys, port: ports.sip, transport: "udp" }],
        },
        asterisk: { ...props.asterisk, sipAddress: addresses.trunk, internalAddress: addresses.internal },
        postgres: { ...props.postgres, address: addresses.internal },
        rtp: { from: 26600, to: 26700 },
        callControl,
      }),
    );
    await stand.startAsterisk({ spool: true });
  }

  async stop(): Promise<void> {
    await this.clear();
    await Promise.all([this.genesys?.stop(), this.provider?.stop()]);
    await this.stand.remove();
  }

  /** Ends what a test has opened, and every call. */
  async clear(): Promise<void> {
    for (const close of this.#open.splice(0).reverse()) await close();
    await this.stand.cli("channel request hangup all");
    await eventually("all channels to end", async () =>
      (await this.stand.cli("core show channels count")).includes("0 active channels") ? true : undefined,
    );
    for (const each of [this.genesys, this.provider]) {
      each.behaviour = 486;
      each.invites.length = 0;
    }
  }

  onClear(close: () => Promise<unknown>): void {
    this.#open.push(close);
  }

  async phone(dn: string): Promise<Phone> {
    const phone = await Phone.connect({
      url: `ws://${addresses.internal}:${ports.http}/ws`,
      dn,
      password: passwords[`dn/${dn}`] ?? "",
      deadlineMs: 15_000,
      localAddress: "127.0.0.1",
    });
    this.onClear(() => phone.close());
    await phone.register();
    return phone;
  }

  get config(): CallControlConfig {
    return config({
      ari: {
        url: `http://${addresses.internal}:${ports.http}`,
        username: "webrtc",
        password: passwords.ari ?? "",
        app: "callcenter",
      },
      database: {
        host: addresses.internal,
        port: ports.postgres,
        user: "call_control",
        password: DATABASE_PASSWORD,
      },
      dns: [{ from: "1000", to: "5020" }],
      trunks: [{ name: "provider", endpoint: "trunk-provider", prefixes: [], callerId: "+31201234567" }],
      allowedPrefixes: ["+31"],
      callsPerMinute: 100,
    });
  }

  /** Everything that Asterisk holds of calls. */
  async standing(): Promise<string[]> {
    const channels = await this.stand.cli("core show channels concise");
    const bridges = await this.stand.cli("bridge show all");
    return [...channels.split("\n"), ...bridges.split("\n").slice(1)].filter((line) => line.trim() !== "");
  }

  async sql(statement: string): Promise<string> {
    return this.stand.sql(statement);
  }

  async #released(release: Promise<{ status: number; output: string }>): Promise<void> {
    const { status, output } = await release;
    if (status !== 0) throw new Error(output);
  }
}

/** An engine on the site with its call log and recordings, as one process of the service has them. */
export class Control {
  readonly changes: CallChange[] = [];
  readonly events: AriEvent[] = [];
  readonly engine: CallEngine;
  readonly meter = new Counted();
  readonly database: Database;
  readonly log: CallLog;
  readonly recordings: Recordings;
  /** Seconds from each change to its row. */
  readonly delays: number[] = [];
  #stopped = false;

  constructor(
    readonly ari: AriClient,
    settings: CallControlConfig,
  ) {
    this.engine = new CallEngine({ config: settings, ari, log: silent, meter: this.meter });
    this.database = new Database(settings.database, silent);
    this.log = new CallLog({
      store: new CallLogStore(this.database.query),
      instance: settings.instance,
      retentionDays: 365,
      meter: { written: (seconds) => this.delays.push(seconds), dropped() {}, failed() {}, pruned() {} },
      log: silent,
    });
    this.recordings = new Recordings({
      ...{ ari, calls: this.engine, config: settings, log: silent },
      store: new RecordingStore(this.database.query),
      meter: { recorded() {} },
    });
    this.engine.on("change", (change) => this.changes.push(change));
    this.engine.on("change", this.log.change);
    ari.on("event", (event) => this.events.push(event));
  }

  static async start(site: Site, changes: Partial<CallControlConfig> = {}): Promise<Control> {
    const settings = { ...site.config, ...changes };
    const { url, username, password: secret, app } = settings.ari;
    const control = new Control(new AriClient({ url, username, secret, app }), settings);
    site.onClear(() => control.stop());
    const rows = await new CallLogStore(control.database.query).open(settings.instance);
    for (const { id, version } of rows) control.log.resume(id, version);
    control.engine.restore(rows.map(toCall));
    control.ari.start();
    await eventually("ARI to be ready", () => control.ari.state === "ready" || undefined);
    return control;
  }

  /** Without a word to anybody, as a process that is killed; rows that were not written are lost. */
  async kill(): Promise<void> {
    this.#stopped = true;
    this.engine.stop();
    this.recordings.stop();
    await this.ari.stop();
    await this.database.close();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.engine.stop();
    await this.log.stop();
    await this.kill();
  }

  /** The row of a call, when it is as it is wanted. */
  row(id: string, fits: (row: LoggedCall) => boolean = () => true): Promise<LoggedCall> {
    const reader = new CallLogReader(this.database.query);
    return eventually("the call's row", async () => {
      const row = await reader.get(id);
      return row !== undefined && fits(row) ? row : undefined;
    });
  }

  get story(): string[] {
    return this.changes.map(({ what }) => what);
  }

  change(what: CallChange["what"], times = 1): Promise<CallChange> {
    return eventually(
      `${what} for the ${times}. time, after ${this.story}`,
      () => this.changes.filter((change) => change.what === what)[times - 1],
    );
  }
}
