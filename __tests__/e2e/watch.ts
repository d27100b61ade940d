import type { Environment } from "../../config";
import { simulator } from "../../tools/simulator";
import type { BrowserMedia } from "./browser-media";

/** Looks at something again and again, until it is stopped. */
abstract class Watch {
  private running = true;
  private readonly ended: Promise<void>;

  protected constructor(private readonly interval: number) {
    this.ended = this.run();
  }

  public async stop(): Promise<void> {
    this.running = false;
    await this.ended;
  }

  protected abstract look(): Promise<void>;

  private async run(): Promise<void> {
    // The fields of who extends this are not there yet.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.running) {
      await this.look();
      await new Promise((resolve) => setTimeout(resolve, this.interval));
    }
  }
}

/** How long DNs were not registered at Genesys, as it says itself, fifty times a second. */
export class RegistrationWatch extends Watch {
  /** How often it was asked. */
  public looks = 0;
  private readonly longest = new Map<string, number>();
  private readonly goneSince = new Map<string, number>();
  /** Most bindings that a DN had at a time. */
  public mostBindings = 0;

  constructor(
    private readonly environment: Environment,
    private readonly dns: readonly string[],
  ) {
    super(20);
  }

  /** Milliseconds by DN; 0 for one that was never gone. */
  public get gaps(): Record<string, number> {
    const now = Date.now();
    return Object.fromEntries(
      this.dns.map((dn) => {
        const since = this.goneSince.get(dn);
        return [dn, Math.max(this.longest.get(dn) ?? 0, since === undefined ? 0 : now - since)];
      }),
    );
  }

  protected async look(): Promise<void> {
    const rows = await simulator<{ dn: string }[]>(this.environment, "/registrations");
    const now = Date.now();
    this.looks++;
    for (const dn of this.dns) {
      const bindings = rows.filter((row) => row.dn === dn).length;
      this.mostBindings = Math.max(this.mostBindings, bindings);
      const since = this.goneSince.get(dn);
      if (bindings === 0) this.goneSince.set(dn, since ?? now);
      else if (since !== undefined) {
        this.longest.set(dn, Math.max(this.longest.get(dn) ?? 0, now - since));
        this.goneSince.delete(dn);
      }
    }
  }
}

/** The longest time in which a page received no packet of audio. */
export class AudioWatch extends Watch {
  /** Milliseconds. */
  public longestGap = 0;
  public packets = 0;
  private lastPacketAt = Date.now();

  constructor(private readonly media: BrowserMedia) {
    super(50);
  }

  protected async look(): Promise<void> {
    const { packetsReceived } = await this.media.audio();
    const now = Date.now();
    this.longestGap = Math.max(this.longestGap, now - this.lastPacketAt);
    if (packetsReceived > this.packets) this.lastPacketAt = now;
    this.packets = packetsReceived;
  }
}
