import { missing, type Rights } from "../logic/access";
import { minutesUntil } from "../logic/charts";
import { agentStates, type Campaign, type Progress, queueStatuses } from "../logic/messages";
import { agentWords, campaignShown, modeWords, queueWords } from "../logic/words";
import { Gauge, MinuteChart, StackedBar } from "./charts";
import { Badge, button, element, setText } from "./elements";
import { count } from "./times";

export interface CampaignCardOptions {
  readonly rights: Rights;
  /** Rejects with what is to be said. */
  readonly set: (id: string, action: "start" | "pause") => Promise<void>;
}

/** Minutes that the chart shows. */
export const shownMinutes = 60;

/** One campaign: how it stands, how it has gone in the last hour, and the button that starts and pauses it. */
export class CampaignCard {
  readonly node: HTMLElement;
  readonly #title = element("h2");
  readonly #about = element("p", "note");
  readonly #state = new Badge();
  readonly #act: HTMLButtonElement;
  readonly #fault = element("p", "fault");
  readonly #numbers = new StackedBar("Numbers", queueWords, queueStatuses);
  readonly #minutes = new MinuteChart("Each minute");
  readonly #abandoned = new Gauge("Abandoned");
  readonly #agents = new StackedBar("Agents", agentWords, agentStates);
  #campaign: Campaign;
  #pending = false;

  constructor(
    campaign: Campaign,
    private readonly options: CampaignCardOptions,
  ) {
    this.#campaign = campaign;
    this.#act = button("", "", () => void this.#press());
    this.#fault.setAttribute("role", "alert");
    this.#title.id = `campaign-${campaign.id}`;
    const head = element("header", "", element("div", "title", this.#title, this.#about), this.#state.node);
    if (options.rights.runCampaigns) head.append(this.#act);
    this.node = element(
      "article",
      "panel card",
      head,
      this.#fault,
      this.#numbers.node,
      this.#minutes.node,
      element("div", "pair", this.#abandoned.node, this.#agents.node),
    );
    this.node.setAttribute("aria-labelledby", this.#title.id);
    this.show(campaign);
    this.progress({ now: new Date().toISOString(), minutes: [] });
  }

  show(campaign: Campaign): void {
    this.#campaign = campaign;
    const { name, mode, dial_ratio, queue, agents } = campaign;
    setText(this.#title, name);
    const total = queueStatuses.reduce((sum, status) => sum + queue[status], 0);
    const ratio = mode === "predictive" ? `, at most ${dial_ratio} calls for each free agent` : "";
    setText(this.#about, `${modeWords[mode]}${ratio}; ${count(total)} numbers`);
    this.#state.show(campaignShown(campaign));
    this.#numbers.show(queue);
    this.#agents.show(agents);
    this.#abandoned.show(
      campaign.abandon_rate,
      campaign.abandon_limit,
      campaign.abandoned,
      campaign.answered,
    );
    this.#button();
  }

  progress({ now, minutes }: Progress): void {
    this.#minutes.show(minutesUntil(Date.parse(now), minutes, shownMinutes));
  }

  #button(): void {
    const { name, state } = this.#campaign;
    const word = state === "running" ? "Pause" : "Start";
    setText(this.#act, word);
    this.#act.setAttribute("aria-label", `${word} ${name}`);
    this.#act.disabled = this.#pending;
    this.#act.hidden = state === "finished";
  }

  async #press(): Promise<void> {
    const { id, state } = this.#campaign;
    this.#pending = true;
    setText(this.#fault, "");
    this.#button();
    try {
      await this.options.set(id, state === "running" ? "pause" : "start");
    } catch (error) {
      setText(this.#fault, (error as Error).message);
    } finally {
      this.#pending = false;
      this.#button();
    }
  }
}

/** Said once for all cards. */
export const runMissing = `Campaigns can't be started and paused here: ${missing("runCampaigns")}`;
