import type { Call } from "../logic/call";
import { dialled } from "../logic/numbers";
import { callWords } from "../logic/words";
import type { Phone, PhoneState } from "../phone";
import { type CallAction, CallCard } from "./call-card";
import { element } from "./dom";
import { notice, say, sayNow } from "./notices";

const list = element("calls", HTMLUListElement);
const empty = element("no-call", HTMLElement);
const form = element("dial", HTMLFormElement);
const number = element("number", HTMLInputElement);

const NO_NUMBER = "That is no number: digits, * and #, and a + in front.";

/** The calls that there are, and the way to make one. */
export class CallsView {
  readonly #cards = new Map<string, CallCard>();
  #calls: readonly Call[] = [];

  constructor(
    private readonly phone: Phone,
    onGesture: () => void,
  ) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      onGesture();
      void this.#try(() => this.dial(number.value));
    });
    addEventListener("keydown", (event) => this.#shortcut(event));
  }

  async dial(text: string): Promise<void> {
    const target = dialled(text);
    if (target === undefined) throw new Error(NO_NUMBER);
    await this.phone.dial(target);
    number.value = "";
  }

  show({ calls }: PhoneState): void {
    this.#calls = calls;
    const hadFocus = list.contains(document.activeElement);
    for (const [id, card] of this.#cards) {
      if (calls.some((call) => call.id === id)) continue;
      this.#cards.delete(id);
      card.element.remove();
    }
    for (const call of calls) this.#showCall(call);
    empty.hidden = calls.length > 0;
    // Who was on a button that is gone would have to begin at the top of the page again.
    if (hadFocus && !isUsable(document.activeElement)) number.focus();
    document.title = titleOf(calls);
  }

  /** Reads out what happens to a call. */
  announce(call: Call): void {
    if (call.phase === "incoming") sayNow(`Incoming call from ${call.name ?? call.number}. F2 answers.`);
    else {
      sayNow("");
      say(call.phase === "ended" ? `Call ended: ${call.why}` : `${callWords(call)}: ${call.number}`);
    }
  }

  tick(now: number): void {
    for (const card of this.#cards.values()) card.tick(now);
  }

  #showCall(call: Call): void {
    const known = this.#cards.get(call.id);
    if (known) {
      known.show(call);
      return;
    }
    const card = new CallCard(call, (action) => void this.#try(() => this.#act(call.id, action)));
    this.#cards.set(call.id, card);
    list.append(card.element);
  }

  async #act(id: string, action: CallAction): Promise<void> {
    switch (action.do) {
      case "answer":
        return this.phone.answer(id);
      case "reject":
      case "hang-up":
        return this.phone.end(id);
      case "mute":
        return this.phone.setMuted(id, action.on);
      case "hold":
        return this.phone.setHeld(id, action.on);
      case "tones":
        return this.phone.sendTones(id, action.tones);
      case "transfer": {
        const target = dialled(action.number);
        if (target === undefined) throw new Error(NO_NUMBER);
        return this.phone.transfer(id, target);
      }
    }
  }

  /** Function keys, because they write nothing into the field that one is in. */
  #shortcut(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.repeat) return;
    const ringing = this.#calls.find(({ phase }) => phase === "incoming");
    const live = this.#calls.filter(({ phase }) => phase !== "incoming" && phase !== "ended");
    const own = live.find(({ held }) => !held) ?? live[0];
    const action = actionOf(event.key, ringing, own);
    if (!action) return;
    event.preventDefault();
    void this.#try(() => this.#act(action.call.id, action.action));
  }

  async #try(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      notice((error as Error).message);
    }
  }
}

function isUsable(target: Element | null): boolean {
  return (
    target !== null &&
    target !== document.body &&
    !target.matches(":disabled") &&
    target.getClientRects().length > 0
  );
}

function actionOf(
  key: string,
  ringing: Call | undefined,
  own: Call | undefined,
): { call: Call; action: CallAction } | undefined {
  if (key === "F2" && ringing) return { call: ringing, action: { do: "answer" } };
  if (key === "F4" && ringing) return { call: ringing, action: { do: "reject" } };
  if (key === "F4" && own) return { call: own, action: { do: "hang-up" } };
  if (own?.phase !== "active") return undefined;
  if (key === "F8") return { call: own, action: { do: "mute", on: !own.muted } };
  if (key === "F9") return { call: own, action: { do: "hold", on: !own.held } };
  return undefined;
}

/** What a tab in the background shows. */
function titleOf(calls: readonly Call[]): string {
  const call =
    calls.find(({ phase }) => phase === "incoming") ?? calls.find(({ phase }) => phase !== "ended");
  return call ? `${callWords(call)}: ${call.number}` : "Phone";
}
