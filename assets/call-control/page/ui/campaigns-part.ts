import { Backoff } from "../../../../lib/ami/backoff";
import type { Rights } from "../logic/access";
import type { Campaign } from "../logic/messages";
import type { Api } from "./api";
import { CampaignCard, runMissing, shownMinutes } from "./campaign-card";
import type { CampaignNames } from "./campaign-names";
import { byId, scrollable, setText } from "./elements";
import { clock } from "./times";

/** Milliseconds between two looks: at how campaigns stand, and at their minutes. */
const pause = { list: 3_000, progress: 15_000 };

const cards = byId("cards");
const none = byId("campaigns-none");

/** A card for each campaign. They are looked at for as long as the part is open and seen. */
export class CampaignsPart {
  readonly #cards = new Map<string, CampaignCard>();
  readonly #backoff = new Backoff({ initial: 2_000, maximum: 30_000, minimum: 1_000 }, Math.random);
  #isOpen = false;
  #timer?: ReturnType<typeof setTimeout>;
  #progressAt = Number.NEGATIVE_INFINITY;
  /** When the cards were true last, by this clock. */
  #seenAt: number | undefined;

  constructor(
    private readonly api: Api,
    private readonly rights: Rights,
    private readonly names: CampaignNames,
  ) {
    scrollable(byId("campaigns"), "group", "Campaigns");
    byId("campaigns-missing").hidden = rights.runCampaigns;
    setText(byId("campaigns-missing"), rights.runCampaigns ? "" : runMissing);
    document.addEventListener("visibilitychange", () => this.#look());
  }

  open(isOpen: boolean): void {
    if (this.#isOpen === isOpen) return;
    this.#isOpen = isOpen;
    this.#look();
  }

  #look(): void {
    clearTimeout(this.#timer);
    if (this.#isOpen && !document.hidden) void this.#load();
  }

  async #load(): Promise<void> {
    let wait = pause.list;
    try {
      const { campaigns } = await this.api.campaigns();
      this.#backoff.reset();
      this.#seenAt = Date.now();
      this.names.learn(campaigns);
      this.#show(campaigns);
      if (performance.now() - this.#progressAt >= pause.progress) await this.#loadProgress(campaigns);
      this.#say(campaigns.length === 0 ? "There is no campaign" : "");
    } catch (error) {
      wait = this.#backoff.next();
      const since =
        this.#seenAt === undefined ? "" : ` Campaigns are as they were at ${clock(this.#seenAt)}.`;
      this.#say(`${(error as Error).message}${since}`);
    }
    clearTimeout(this.#timer);
    if (this.#isOpen && !document.hidden) this.#timer = setTimeout(() => void this.#load(), wait);
  }

  async #loadProgress(campaigns: readonly Campaign[]): Promise<void> {
    this.#progressAt = performance.now();
    // One after the other: there may be many, and none is urgent.
    for (const { id } of campaigns) {
      const progress = await this.api.progress(id, shownMinutes);
      this.#cards.get(id)?.progress(progress);
    }
  }

  #show(campaigns: readonly Campaign[]): void {
    const wanted = new Set(campaigns.map(({ id }) => id));
    for (const [id, card] of this.#cards) {
      if (wanted.has(id)) continue;
      card.node.remove();
      this.#cards.delete(id);
    }
    for (const campaign of campaigns) {
      const card = this.#cards.get(campaign.id);
      if (card === undefined) this.#add(campaign);
      else card.show(campaign);
    }
  }

  #add(campaign: Campaign): void {
    const card = new CampaignCard(campaign, {
      rights: this.rights,
      set: async (id, action) => {
        await this.api.setCampaign(id, action);
        const { campaigns } = await this.api.campaigns();
        this.#show(campaigns);
      },
    });
    this.#cards.set(campaign.id, card);
    cards.append(card.node);
  }

  #say(words: string): void {
    none.hidden = words === "";
    setText(none, words);
  }
}
