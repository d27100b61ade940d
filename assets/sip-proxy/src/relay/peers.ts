import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock, Timer } from "../../../../lib/sip";
import type { Log } from "../log";
import { canonicalHost } from "./sides";

/** Milliseconds between two looks at the names. */
const REFRESH = 60_000;

export type Lookup = (name: string) => Promise<readonly string[]>;

const systemLookup: Lookup = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * Who belongs to Genesys: the hosts of the configuration, names with the addresses that they resolve to. A name that
 * can't be resolved keeps the addresses that it had.
 */
export class Peers {
  private readonly byName = new Map<string, readonly string[]>();
  private readonly literal: ReadonlySet<string>;
  private readonly names: readonly string[];
  private addresses: ReadonlySet<string>;
  private timer: Timer | undefined;
  private stopped = false;

  constructor(
    hosts: readonly string[],
    private readonly clock: Clock,
    private readonly log: Pick<Log, "warn">,
    private readonly resolve: Lookup = systemLookup,
  ) {
    const known = [...new Set(hosts.map(canonicalHost))];
    this.literal = new Set(known.filter((host) => isIP(host) !== 0));
    this.names = known.filter((host) => isIP(host) === 0);
    this.addresses = this.literal;
  }

  /** Resolves the names, now and at intervals. Addresses need none of it. */
  async start(): Promise<void> {
    if (this.names.length === 0) return;
    await Promise.all(this.names.map((name) => this.refresh(name)));
    this.addresses = new Set([...this.literal, ...[...this.byName.values()].flat()]);
    if (!this.stopped) this.timer = this.clock.after(REFRESH, () => void this.start());
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** Whether messages from this address are Genesys'. */
  has(address: string): boolean {
    return this.addresses.has(address) || this.addresses.has(canonicalHost(address));
  }

  /** Address of a host that a URI names; undefined when it is none of Genesys'. Always the same for the same name. */
  addressOf(host: string): string | undefined {
    const canonical = canonicalHost(host);
    return this.addresses.has(canonical) ? canonical : this.byName.get(canonical)?.[0];
  }

  private async refresh(name: string): Promise<void> {
    try {
      const addresses = [...new Set((await this.resolve(name)).map(canonicalHost))].sort();
      if (addresses.length > 0) this.byName.set(name, addresses);
    } catch (error) {
      const known = this.byName.has(name) ? ": its last addresses stay in force" : "";
      this.log.warn({ host: name, error: (error as Error).message }, `${name} can't be resolved${known}`);
    }
  }
}
