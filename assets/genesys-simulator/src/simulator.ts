import { type Clock, systemClock, type TimerValues } from "../../../lib/sip";
import { HttpApi } from "./api/http-api";
import { routes } from "./api/routes";
import { BindingLog } from "./binding-log";
import { type Binding, type BindingChange, BindingTable } from "./bindings";
import { CallCenter } from "./calls/call-center";
import type { Settings, SimulatorConfig } from "./config";
import type { Log } from "./log";
import { MessageLog } from "./message-log";
import { SipServer } from "./sip-server";

/** Milliseconds that phones have to answer the BYEs of a stop. */
const STOP_DEADLINE = 1000;

/** The stand-in T-Server: its servers, their registrations and calls, and the HTTP API that tests use. */
export class Simulator {
  public readonly messages = new MessageLog();
  public readonly changes = new BindingLog();
  public readonly calls: CallCenter;
  public readonly servers: SipServer[] = [];
  private readonly tables = new Set<BindingTable>();
  private settings: Settings;
  private api: HttpApi | undefined;

  private constructor(
    private config: SimulatorConfig,
    private readonly clock: Clock,
    private readonly timers: TimerValues | undefined,
    private readonly log: Log,
  ) {
    this.settings = config.settings;
    this.calls = new CallCenter(config.settings, clock, log);
  }

  /** Rejects, and leaves nothing open, when an address can't be bound. */
  public static async start(
    config: SimulatorConfig,
    { log, clock = systemClock, timers }: { log: Log; clock?: Clock; timers?: TimerValues },
  ): Promise<Simulator> {
    const self = new Simulator(config, clock, timers, log);
    try {
      await self.open();
    } catch (error) {
      await self.stop();
      throw error;
    }
    return self;
  }

  public get release(): string {
    return this.config.release;
  }

  public get currentSettings(): Settings {
    return this.settings;
  }

  /** Where the HTTP API listens: "http://127.0.0.1:8090". */
  public get apiUrl(): string {
    return (this.api as HttpApi).url;
  }

  /** Takes settings over; registrations and calls that are there stay. */
  public applySettings(settings: Settings): void {
    this.settings = settings;
    this.calls.configure(settings);
    for (const server of this.servers) server.configure(settings);
  }

  /**
   * Takes a new configuration over. Where it is about sockets too, they are all bound anew, and registrations and
   * calls end as they do when a T-Server is started again. Rejects, with the old configuration back in force, when
   * an address can't be bound.
   */
  public async reload(config: SimulatorConfig): Promise<void> {
    const fixed = ["servers", "api", "registrations"] as const;
    const changed = fixed.filter((key) => JSON.stringify(config[key]) !== JSON.stringify(this.config[key]));
    const previous = this.config;
    this.config = config;
    if (changed.length === 0) {
      this.applySettings(config.settings);
      return;
    }
    this.log.info({}, `${changed.join(", ")} changed: starting again`);
    await this.stop();
    try {
      await this.open();
    } catch (error) {
      await this.stop();
      this.config = previous;
      await this.open();
      throw error;
    }
  }

  /** Bindings of every table, with the table that can tell how long they last. */
  public registrations(): { binding: Binding; table: BindingTable }[] {
    return [...this.tables].flatMap((table) => table.list().map((binding) => ({ binding, table })));
  }

  public async stop(): Promise<void> {
    await this.api?.close();
    await this.calls.stop(STOP_DEADLINE);
    await Promise.all(this.servers.map((server) => server.stop()));
    for (const table of this.tables) table.stop();
    this.api = undefined;
    this.servers.length = 0;
    this.tables.clear();
  }

  private async open(): Promise<void> {
    const { servers, registrations, settings, api } = this.config;
    const { calls, messages, clock, timers, log } = this;
    this.applySettings(settings);
    const shared = registrations === "shared" ? this.table() : undefined;
    for (const server of servers) {
      const bindings = shared ?? this.table();
      const place = `${server.address}:${server.port}`;
      const started = SipServer.start({ server, settings, bindings, calls, messages, clock, timers, log });
      this.servers.push(
        await started.catch((error: unknown) => fail(`${server.name} can't listen at ${place}`, error)),
      );
      log.info({ server: server.name }, `${server.name} listens at ${place}, UDP and TCP`);
    }
    const listening = HttpApi.listen(api, routes(this), log);
    this.api = await listening.catch((error: unknown) => fail("the HTTP API can't listen", error));
    log.info({}, `HTTP API listens at ${this.api.url}`);
  }

  private table(): BindingTable {
    const table: BindingTable = new BindingTable(this.clock, (change, binding) => {
      const { dn, server } = binding;
      const contact = binding.contact.toString();
      this.changes.add(change, binding, table.of(dn).length);
      const story = describe(change, binding, table.secondsLeft(binding));
      this.log.info({ server, dn, contact, change }, `DN ${dn} at ${server}: ${story}`);
    });
    this.tables.add(table);
    return table;
  }
}

/** Says what could not be done and why, down to the system's own word. */
function fail(what: string, error: unknown): never {
  const reasons: string[] = [];
  for (let each = error as Error | undefined; each?.message; each = each.cause as Error)
    reasons.push(each.message);
  throw new Error(`${what}: ${reasons.join(": ")}`, { cause: error });
}

function describe(change: BindingChange, binding: Binding, seconds: number): string {
  const from = `${binding.protocol} ${binding.source.address}:${binding.source.port}`;
  switch (change) {
    case "registered":
    case "refreshed":
      return `${change} for ${seconds} s, contact ${binding.contact}, from ${from}`;
    case "replaced":
      return `contact ${binding.contact} gave way to a newer one`;
    case "deleted":
      return `contact ${binding.contact} deleted over HTTP`;
    default:
      return `contact ${binding.contact} ${change}`;
  }
}
