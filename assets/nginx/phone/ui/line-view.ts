import { lineWords } from "../logic/words";
import type { Phone, PhoneState } from "../phone";
import { element, write } from "./dom";
import { say } from "./notices";

const bar = element("bar", HTMLElement);
const line = element("line", HTMLElement);
const words = element("line-words", HTMLElement);
const dn = element("dn", HTMLElement);
const tryNow = element("try-now", HTMLButtonElement);
const signOut = element("sign-out", HTMLButtonElement);

/** The bar at the top: whose phone it is, and whether it can be reached. */
export class LineView {
  #said = "";

  constructor(phone: Phone) {
    tryNow.addEventListener("click", () => phone.tryNow());
    signOut.addEventListener("click", () => phone.signOut());
  }

  show(state: PhoneState): void {
    line.dataset.state = state.line.at;
    line.title = state.line.at === "waiting" ? state.line.why : "";
    write(words, lineWords(state.line, Date.now()));
    write(dn, state.dn ?? "");
    bar.toggleAttribute("data-signed-in", state.dn !== undefined);
    tryNow.hidden = state.line.at !== "waiting";
    signOut.hidden = state.line.at === "off";
    // Once per change of state, not with each second of a wait.
    const spoken =
      state.line.at === "waiting" ? `Offline: ${state.line.why}` : lineWords(state.line, Date.now());
    if (spoken !== this.#said) say(spoken);
    this.#said = spoken;
  }
}
