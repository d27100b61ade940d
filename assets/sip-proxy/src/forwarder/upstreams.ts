import type { GenesysServerConfig } from "../config";
import type { ServerName } from "../relay/own-registrations";
import { Upstream, type UpstreamContext } from "./upstream";

/** The Genesys servers in their order of preference. */
export class Upstreams {
  private list: Upstream[] = [];

  constructor(private readonly context: UpstreamContext) {}

  get all(): readonly Upstream[] {
    return this.list;
  }

  /** Takes over a list: servers that stay keep their sockets and what is known of them. */
  async update(servers: readonly GenesysServerConfig[]): Promise<void> {
    const before = this.list;
    const list = servers.map(
      (config) => before.find((one) => sameServer(one.config, config)) ?? new Upstream(config, this.context),
    );
    await Promise.all(list.filter((one) => !before.includes(one)).map((one) => one.start()));
    this.list = list;
    const removed = before.filter((one) => !list.includes(one));
    await Promise.all(removed.map((one) => one.stop()));
    for (const upstream of removed) this.context.onDown(upstream, "it was taken off the list");
  }

  /**
   * The server for a DN's next attempt: the first one that is there and was not tried in this round. When none is
   * there, each round asks another one: whoever answers is back.
   */
  choose(tried: ReadonlySet<Upstream>, rounds: number): Upstream | undefined {
    const healthy = this.list.find((one) => one.healthy && !tried.has(one));
    if (healthy !== undefined || tried.size > 0) return healthy;
    return this.list[rounds % this.list.length];
  }

  /** Whether `one` is preferred to `other`; a server that is not on the list comes last. */
  precedes(one: Upstream, other: Upstream): boolean {
    const [rank, otherRank] = [this.list.indexOf(one), this.list.indexOf(other)];
    return rank >= 0 && (otherRank < 0 || rank < otherRank);
  }

  /** The server that Asterisk calls so; else the first one, which is where Asterisk registers. */
  named(server?: ServerName): Upstream {
    const known = this.list.find(
      ({ config: { host, port } }) => host === server?.host && port === server.port,
    );
    return known ?? (this.list[0] as Upstream);
  }

  async stop(): Promise<void> {
    await Promise.all(this.list.map((one) => one.stop()));
  }
}

function sameServer(one: GenesysServerConfig, other: GenesysServerConfig): boolean {
  return one.host === other.host && one.port === other.port && one.transport === other.transport;
}
