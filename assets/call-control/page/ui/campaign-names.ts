import type { Campaign } from "../logic/messages";
import type { Api } from "./api";

/** Milliseconds between two looks for the name of a campaign that is not known. */
const pause = 30_000;

/** What campaigns are called; by the beginning of their ids for as long as that isn't known. */
export class CampaignNames {
  readonly #names = new Map<string, string>();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly api: Api,
    private readonly isAllowed: boolean,
    private readonly learned: () => void,
  ) {}

  readonly of = (id: string): string => {
    const name = this.#names.get(id);
    if (name !== undefined) return name;
    void this.#ask();
    return id.slice(0, 8);
  };

  learn(campaigns: readonly Campaign[]): void {
    for (const { id, name } of campaigns) this.#names.set(id, name);
  }

  async #ask(): Promise<void> {
    if (!this.isAllowed || performance.now() - this.#askedAt < pause) return;
    this.#askedAt = performance.now();
    const { campaigns } = await this.api.campaigns().catch(() => ({ campaigns: [] }));
    this.learn(campaigns);
    if (campaigns.length > 0) this.learned();
  }
}
