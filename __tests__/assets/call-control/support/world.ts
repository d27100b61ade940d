import type { Call, CallChange } from "../../../../assets/call-control/src/calls/call";
import { CallEngine, type CallEngineOptions } from "../../../../assets/call-control/src/calls/engine";
import type { CallsMeter } from "../../../../assets/call-control/src/calls/meter";
import { type CallControlConfig, callControlConfigSchema } from "../../../../assets/call-control/src/config";
import { toCall, toRow } from "../../../../assets/call-control/src/log/rows";
import type { Logger } from "../../../../lib/service";
import { FakeClock } from "../../../lib/sip/support/fake-clock";
import { AsteriskModel } from "./asterisk-model";

export function config(changes: Partial<CallControlConfig> = {}): CallControlConfig {
  return callControlConfigSchema.parse({
    release: "abcdef012345",
    instance: "test",
    listen: { address: "127.0.0.1", port: 8083 },
    ari: { url: "http://127.0.0.1:8088", username: "webrtc", password: "swordfish" },
    database: { host: "127.0.0.1", port: 5432, user: "call_control", password: "swordfish" },
    internalCalls: "direct",
    genesysEndpoint: "genesys_sip_server",
    dns: [{ from: "1000", to: "1999" }],
    trunks: [
      { name: "provider", endpoint: "trunk-provider", prefixes: [], callerId: "+31201234567" },
      { name: "america", endpoint: "trunk-america", prefixes: ["+1"] },
    ],
    allowedPrefixes: ["+31", "+1212"],
    dialing: { international: "00", national: "0", country: "31" },
    callsPerMinute: 30,
    dids: [
      { number: "+31201234567", to: { dn: "1002" } },
      { number: "+31201234568", to: { queue: "support" } },
    ],
    queues: [
      { name: "support", members: ["1002", "1003"], strategy: "ring-all", ringSeconds: 20, waitSeconds: 120 },
    ],
    recording: { retentionDays: 30, signingKey: "0123456789abcdef" },
    retention: { callLogDays: 365, auditDays: 730 },
    webhooks: [],
    ...changes,
  });
}

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };

/** A meter that only keeps what it was told. */
export class Counted implements CallsMeter {
  readonly told: string[] = [];

  began(type: string): void {
    this.told.push(`began ${type}`);
  }
  ended(type: string, outcome: string): void {
    this.told.push(`ended ${type} ${outcome}`);
  }
  failed(code: string): void {
    this.told.push(`failed ${code}`);
  }
  orphaned(kind: string): void {
    this.told.push(`orphaned ${kind}`);
  }
}

/** An engine beside a model of Asterisk, in a time of their own. */
export class World {
  readonly asterisk = new AsteriskModel();
  readonly clock = new FakeClock();
  readonly meter = new Counted();
  readonly changes: CallChange[] = [];
  engine: CallEngine;

  constructor(private readonly options: Partial<CallEngineOptions> = {}) {
    this.asterisk.now = () => this.clock.now();
    this.engine = this.#start();
    this.asterisk.ready();
  }

  /** A new process, which knows what rows of the call log tell, and is not connected to Asterisk yet. */
  restart(open: readonly Call[] = this.engine.live()): CallEngine {
    this.asterisk.lose();
    this.asterisk.removeAllListeners();
    this.engine.stop();
    this.engine = this.#start();
    this.engine.restore(open.map((call) => toCall(toRow(call, "test", 1))));
    return this.engine;
  }

  #start(): CallEngine {
    const engine = new CallEngine({
      config: config(),
      ari: this.asterisk,
      log: silent,
      meter: this.meter,
      clock: this.clock,
      now: () => new Date(this.clock.now()),
      random: () => 0.5,
      ...this.options,
    });
    engine.on("change", (change) => this.changes.push(change));
    return engine;
  }

  /** What has happened to calls, e.g. `answered`. */
  get story(): string[] {
    return this.changes.map(({ what }) => what);
  }

  /** The latest of a call. */
  get last() {
    return this.changes.at(-1)?.call;
  }

  /** Lets everything happen that happens at once, or within the time. */
  async settle(milliseconds = 0): Promise<void> {
    // Promises of requests have some turns of their own between two events.
    for (let turn = 0; turn < 30; turn++) await this.clock.run(0);
    if (milliseconds > 0) await this.clock.run(milliseconds);
    for (let turn = 0; turn < 30; turn++) await this.clock.run(0);
  }

  /** What stands at Asterisk: nothing, when all calls are over. */
  get leftovers(): string[] {
    return [...this.asterisk.channelsUp.keys(), ...this.asterisk.bridgesUp.keys()];
  }

  channel(endpoint: string): string {
    const [id] = this.asterisk.at(endpoint);
    if (id === undefined) throw new Error(`no channel of ${endpoint}: ${this.leftovers}`);
    return id;
  }
}
