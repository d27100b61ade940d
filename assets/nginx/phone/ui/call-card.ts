import type { Call } from "../logic/call";
import { duration } from "../logic/duration";
import { callWords } from "../logic/words";
import { element, within, write } from "./dom";

/** What the user does with a call. */
export type CallAction =
  | { readonly do: "answer" | "reject" | "hang-up" }
  | { readonly do: "mute" | "hold"; readonly on: boolean }
  | { readonly do: "tones"; readonly tones: string }
  | { readonly do: "transfer"; readonly number: string };

const template = element("call-template", HTMLTemplateElement);
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** One call: who, since when, and what can be done with it. */
export class CallCard {
  readonly element: HTMLElement;
  #call: Call;
  readonly #pad: HTMLElement;
  readonly #transfer: HTMLFormElement;

  constructor(
    call: Call,
    private readonly act: (action: CallAction) => void,
  ) {
    this.#call = call;
    this.element = within(template.content.cloneNode(true) as DocumentFragment, ".call", HTMLElement);
    this.#pad = within(this.element, ".pad", HTMLElement);
    this.#transfer = within(this.element, "form.transfer", HTMLFormElement);
    for (const button of this.element.querySelectorAll<HTMLButtonElement>("[data-do]")) {
      button.addEventListener("click", () => this.#clicked(button.dataset.do ?? ""));
    }
    this.#fillPad();
    this.#transfer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.act({ do: "transfer", number: within(this.#transfer, "input", HTMLInputElement).value });
      this.#open(this.#transfer, "transfer", false);
    });
    this.show(call);
  }

  show(call: Call): void {
    this.#call = call;
    const set = (selector: string, text: string) => write(within(this.element, selector, HTMLElement), text);
    this.element.dataset.call = call.id;
    this.element.dataset.phase = call.phase;
    this.element.dataset.tone =
      call.phase === "active" && (call.held || call.heldByPeer) ? "held" : call.phase;
    set(".call-words", call.phase === "ended" ? `Ended: ${call.why}` : callWords(call));
    set(".call-number", call.number);
    const name = call.name === call.number ? undefined : call.name;
    set(".call-about", [name, call.muted && "Muted"].filter(Boolean).join(" · "));
    within(this.element, ".ringing", HTMLElement).hidden = call.phase !== "incoming";
    within(this.element, ".talking", HTMLElement).hidden = call.phase === "incoming";
    const isActive = call.phase === "active";
    for (const name of ["mute", "hold", "keys", "transfer"]) this.#button(name).disabled = !isActive;
    this.#button("hang-up").disabled = call.phase === "ended";
    this.#button("mute").setAttribute("aria-pressed", String(call.muted));
    this.#button("hold").setAttribute("aria-pressed", String(call.held));
    if (!isActive) {
      this.#open(this.#pad, "keys", false);
      this.#open(this.#transfer, "transfer", false);
    }
    this.tick(Date.now());
  }

  tick(now: number): void {
    const { answeredAt, endedAt } = this.#call;
    const text = answeredAt === undefined ? "" : duration((endedAt ?? now) - answeredAt);
    write(within(this.element, ".call-timer", HTMLElement), text);
  }

  #clicked(what: string): void {
    switch (what) {
      case "answer":
      case "reject":
      case "hang-up":
        this.act({ do: what });
        break;
      case "mute":
        this.act({ do: what, on: !this.#call.muted });
        break;
      case "hold":
        this.act({ do: what, on: !this.#call.held });
        break;
      case "keys":
        this.#open(this.#pad, what, this.#pad.hidden === true);
        break;
      case "transfer":
        this.#open(this.#transfer, what, this.#transfer.hidden === true);
    }
  }

  /** Shows or hides what belongs to a button, one of the two at a time. */
  #open(part: HTMLElement, button: string, on: boolean): void {
    if (part.hidden === !on) return;
    part.hidden = !on;
    this.#button(button).setAttribute("aria-expanded", String(on));
    if (!on) return;
    if (part === this.#pad) this.#open(this.#transfer, "transfer", false);
    else this.#open(this.#pad, "keys", false);
    part.querySelector<HTMLElement>("input, button")?.focus();
  }

  #fillPad(): void {
    for (const key of KEYS) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = key;
      button.addEventListener("click", () => this.act({ do: "tones", tones: key }));
      this.#pad.append(button);
    }
    this.#pad.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.altKey && !event.metaKey && KEYS.includes(event.key)) {
        this.act({ do: "tones", tones: event.key });
      }
    });
  }

  #button(name: string): HTMLButtonElement {
    return within(this.element, `[data-do="${name}"]`, HTMLButtonElement);
  }
}
