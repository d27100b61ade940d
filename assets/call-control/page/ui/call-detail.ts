import { missing, type Rights } from "../logic/access";
import type { Call } from "../logic/messages";
import { partiesOf, stateShown, timeOf, typeWords } from "../logic/words";
import type { Api } from "./api";
import { confirmed } from "./confirm";
import { Badge, button, byId, element, facts, scrollable, setText } from "./elements";
import { notice } from "./notices";
import { exact } from "./times";

export interface CallDetailOptions {
  readonly api: Api;
  readonly rights: Rights;
  readonly now: () => number;
  readonly nameOf: (campaignId: string) => string;
  readonly closed: () => void;
}

/** Everything about one live call, and what can be done to it. It stays when the call has ended. */
export class CallDetail {
  readonly #panel = byId("detail");
  readonly #title = byId("detail-title");
  readonly #state = new Badge();
  readonly #time = element("span", "time");
  readonly #facts = element("div");
  readonly #hangUp = button("danger", "Hang up", () => void this.#askToHangUp());
  readonly #record = button("", "Record", () => void this.#toggleRecording());
  readonly #note = element("p", "note");
  #call: Call | undefined;
  /** What was asked of the server, and has not been answered. */
  #pending = false;

  constructor(private readonly options: CallDetailOptions) {
    const { rights } = options;
    const actions = element("div", "buttons");
    if (rights.hangUp) actions.append(this.#hangUp);
    if (rights.record) actions.append(this.#record);
    const body = byId("detail-body");
    scrollable(body, "group", "Details");
    body.append(element("p", "detail-state", this.#state.node, this.#time), actions, this.#note, this.#facts);
    byId("detail-close").addEventListener("click", () => this.close());
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  get id(): string {
    return this.#call?.id ?? "";
  }

  open(call: Call): void {
    this.#pending = false;
    this.#panel.hidden = false;
    this.show(call);
    this.#panel.focus({ preventScroll: true });
    this.#panel.scrollIntoView({ block: "nearest" });
  }

  close(): void {
    this.#call = undefined;
    this.#panel.hidden = true;
    this.options.closed();
  }

  /** The call as it is now. */
  show(call: Call): void {
    this.#call = call;
    setText(this.#title, partiesOf(call));
    this.#state.show(stateShown(call));
    const { campaign_id, consulting } = call;
    this.#facts.replaceChildren(
      facts([
        ["Type", typeWords[call.type]],
        ["Agent", call.agent],
        ["Asks", consulting],
        ["Campaign", campaign_id === null ? null : this.options.nameOf(campaign_id)],
        ["Trunk", call.trunk],
        ["Began", exact(call.started_at)],
        ["Answered", call.answered_at === null ? "Not yet" : exact(call.answered_at)],
        ["Ended", call.ended_at === null ? null : exact(call.ended_at)],
        ["Cause", call.cause_text],
        ["Channel", element("code", "", call.channel_id)],
        ["Other channel", call.peer_channel_id === null ? null : element("code", "", call.peer_channel_id)],
        ["Call", element("code", "", call.id)],
      ]),
    );
    this.#buttons(call);
    this.tick();
  }

  tick(): void {
    if (this.#call !== undefined) setText(this.#time, timeOf(this.#call, this.options.now()));
  }

  #buttons(call: Call): void {
    const { rights } = this.options;
    const hasEnded = call.status === "ended";
    const isRecorded = call.recording_id !== null;
    this.#hangUp.disabled = hasEnded || this.#pending;
    this.#record.disabled = call.status !== "answered" || this.#pending;
    setText(this.#record, isRecorded ? "Stop recording" : "Record");
    const reasons = [
      ...(rights.hangUp ? [] : [`It can't be hung up here: ${missing("hangUp")}`]),
      ...(rights.record ? [] : [`It can't be recorded here: ${missing("record")}`]),
      ...(rights.record && !hasEnded && call.status !== "answered"
        ? ["It can be recorded when it is answered."]
        : []),
    ];
    setText(this.#note, hasEnded ? "" : reasons.join(" "));
  }

  async #askToHangUp(): Promise<void> {
    const call = this.#call;
    if (call === undefined) return;
    const words = `The call from ${partiesOf(call)} ends for everybody in it.`;
    if (await confirmed("Hang up this call?", words, "Hang up")) {
      await this.#do(() => this.options.api.hangUp(call.channel_id));
    }
  }

  async #toggleRecording(): Promise<void> {
    const call = this.#call;
    if (call !== undefined)
      await this.#do(() => this.options.api.record(call.id, call.recording_id === null));
  }

  /** What comes of it is told by the stream. */
  async #do(action: () => Promise<unknown>): Promise<void> {
    const id = this.id;
    this.#pending = true;
    this.#refresh();
    try {
      await action();
    } catch (error) {
      notice((error as Error).message);
    } finally {
      if (this.id === id) {
        this.#pending = false;
        this.#refresh();
      }
    }
  }

  #refresh(): void {
    if (this.#call !== undefined) this.#buttons(this.#call);
  }
}
