import type { Campaign, Queue, QueueEntry } from "./campaign";

/** Milliseconds for which an agent may look at a lead, and after which one that was skipped is shown again. */
const times = { look: 5 * 60_000, skipped: 15 * 60_000 };

interface Preview {
  readonly entry: QueueEntry;
  readonly until: number;
}

/** The leads that agents look at before their customers are called. */
export class Previews {
  readonly #byAgent = new Map<string, Preview>();

  constructor(private readonly queue: Pick<Queue, "claim" | "release">) {}

  /** The numbers whose claims have to be renewed. */
  get entryIds(): string[] {
    return [...this.#byAgent.values()].map(({ entry }) => entry.id);
  }

  /** The lead that an agent looks at already, or the next one; undefined: none may be called now. */
  async next(campaign: Campaign, dn: string, now: number): Promise<QueueEntry | undefined> {
    const there = this.#byAgent.get(dn)?.entry;
    if (there !== undefined) return there;
    const [entry] = await this.queue.claim(campaign, 1, now);
    if (entry === undefined) return undefined;
    // Asked twice at once: the first one counts.
    const first = this.#byAgent.get(dn)?.entry;
    if (first !== undefined) {
      await this.queue.release([entry]);
      return first;
    }
    this.#byAgent.set(dn, { entry, until: now + times.look });
    return entry;
  }

  /** Takes out what the agent has accepted; undefined: there is none (any more). */
  take(dn: string): QueueEntry | undefined {
    const entry = this.#byAgent.get(dn)?.entry;
    this.#byAgent.delete(dn);
    return entry;
  }

  /** False: there is none (any more). */
  async skip(dn: string, now: number): Promise<boolean> {
    const entry = this.take(dn);
    if (entry === undefined) return false;
    await this.queue.release([entry], now + times.skipped);
    return true;
  }

  /** Puts back what was looked at for too long, and that of agents who have gone. */
  async sweep(now: number, isReady: (campaignId: string, dn: string) => boolean): Promise<void> {
    for (const [dn, { entry, until }] of this.#byAgent) {
      if (now < until && isReady(entry.campaignId, dn)) continue;
      this.#byAgent.delete(dn);
      await this.queue.release([entry]);
    }
  }
}
