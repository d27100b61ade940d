/** Agents that are remembered; who has not called for longest is forgotten first. */
const MAX_AGENTS = 10_000;

const MINUTE = 60_000;

/** How many calls each agent has begun within the last minute, so that none begins more than the limit. */
export class CallRate {
  /** Milliseconds of the calls that were let through; who called last is at the end. */
  readonly #calls = new Map<string, readonly number[]>();

  constructor(
    private readonly perMinute: number,
    private readonly now: () => number,
  ) {}

  /** Whether the agent may begin a call now; it counts if so. */
  take(agent: string): boolean {
    const now = this.now();
    const recent = (this.#calls.get(agent) ?? []).filter((at) => now - at < MINUTE);
    this.#calls.delete(agent);
    const allowed = recent.length < this.perMinute;
    this.#calls.set(agent, allowed ? [...recent, now] : recent);
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > MAX_AGENTS && oldest !== undefined) this.#calls.delete(oldest);
    return allowed;
  }
}
