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
 * can't be resolved keeps the addresses that it had. A host that leaves the configuration belongs to it for as long as
 * calls may last that it has a part in.
 */
export class Peers {
  private readonly byName = new Map<string, readonly string[]>();
  /** Canonical hosts, and those that have left with the time until which they count. */
  private readonly hosts = new Map<string, number | undefined>();
  private addresses: ReadonlySet<string> = new Set();
  private timer: Timer | undefined;
  private stopped = false;

  /** @param afterlife milliseconds for which a host counts that has left the configuration */
  constructor(
    hosts: readonly string[],
    private readonly clock: Clock,
    private readonly log: Pick<Log, "warn">,
    private readonly resolve: Lookup = systemLookup,
    private readonly afterlife = 0,
  ) {
    this.take(hosts);
  }

  /** Resolves the names, now and at intervals. Addresses need none of it. */
  async start(): Promise<void> {
    this.timer?.cancel();
    const now = this.clock.now();
    for (const [host, until] of this.hosts) {
      if (until === undefined || until > now) continue;
      this.hosts.delete(host);
      this.byName.delete(host);
    }
    const names = [...this.hosts.keys()].filter((host) => isIP(host) === 0);
    await Promise.all(names.map((name) => this.refresh(name)));
    this.collect();
    const changes = names.length > 0 || [...this.hosts.values()].some((until) => until !== undefined);
    if (changes && !this.stopped) this.timer = this.clock.after(REFRESH, () => void this.start());
  }

  /** Takes over other hosts. */
  async update(hosts: readonly string[]): Promise<void> {
    this.take(hosts);
    await this.start();
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

  private take(hosts: readonly string[]): void {
    const until = this.clock.now() + this.afterlife;
    for (const [host, left] of this.hosts) this.hosts.set(host, left ?? until);
    for (const host of hosts) this.hosts.set(canonicalHost(host), undefined);
    this.collect();
  }

  private collect(): void {
    const literal = [...this.hosts.keys()].filter((host) => isIP(host) !== 0);
    this.addresses = new Set([...literal, ...[...this.byName.values()].flat()]);
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
