import type { LoggedChange } from "../../assets/genesys-simulator/src/binding-log";
import type { Environment } from "../../config";
import { longestOutages } from "../../tools/bench/switch/outages";
import { simulator } from "../../tools/simulator";
import type { BrowserMedia } from "./browser-media";

/** How long DNs are without a binding at Genesys, by its own log of what happens to bindings. */
export class RegistrationWatch {
  private constructor(
    private readonly environment: Environment,
    private readonly dns: readonly string[],
    private readonly from: number,
    private readonly last: number,
    private readonly registered: readonly string[],
  ) {}

  static async begin(environment: Environment, dns: readonly string[]): Promise<RegistrationWatch> {
    const changes = await simulator<LoggedChange[]>(environment, "/registrations/changes?limit=1");
    const rows = await simulator<{ dn: string }[]>(environment, "/registrations");
    const registered = rows.map(({ dn }) => dn);
    return new RegistrationWatch(environment, dns, Date.now(), changes[0]?.id ?? 0, registered);
  }

  /** What has happened since it began. Gaps are milliseconds by DN; 0 for one that was never gone. */
  public async end() {
    const path = `/registrations/changes?after=${this.last}&limit=20000`;
    const changes = await simulator<LoggedChange[]>(this.environment, path);
    const span = { from: this.from, to: Date.now() };
    const outages = longestOutages(this.dns, new Set(this.registered), changes, span);
    const ofDns = changes.filter(({ dn }) => this.dns.includes(dn));
    return {
      gaps: Object.fromEntries(outages),
      /** DNs that something happened to. */
      changed: [...new Set(ofDns.map(({ dn }) => dn))].sort(),
      mostBindings: Math.max(...ofDns.map(({ bindings }) => bindings)),
    };
  }
}

/** The longest time in which a page received no packet of audio. */
export class AudioWatch {
  /** Milliseconds. */
  public longestGap = 0;
  public packets = 0;
  private lastPacketAt = Date.now();
  private running = true;
  private readonly ended: Promise<void>;

  constructor(private readonly media: BrowserMedia) {
    this.ended = this.run();
  }

  public async stop(): Promise<void> {
    this.running = false;
    await this.ended;
  }

  private async run(): Promise<void> {
    while (this.running) {
      await this.look();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private async look(): Promise<void> {
    const { packetsReceived } = await this.media.audio();
    const now = Date.now();
    this.longestGap = Math.max(this.longestGap, now - this.lastPacketAt);
    if (packetsReceived > this.packets) this.lastPacketAt = now;
    this.packets = packetsReceived;
  }
}
