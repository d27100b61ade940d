import type { Call } from "../logic/call";
import { duration } from "../logic/duration";
import { clock, element } from "./dom";

const list = element("recent", HTMLOListElement);
const empty = element("no-recent", HTMLElement);

const SHOWN = 8;

/** The last calls since signing in; a click dials again. */
export class RecentView {
  constructor(private readonly dial: (number: string) => void) {}

  add(call: Call): void {
    const number = document.createElement("button");
    number.type = "button";
    number.className = "quiet";
    number.textContent = `${call.direction === "in" ? "←" : "→"} ${call.number}`;
    number.setAttribute("aria-label", `Call ${call.number}`);
    number.addEventListener("click", () => this.dial(call.number));
    const why = document.createElement("span");
    why.className = "why";
    why.textContent =
      call.answeredAt === undefined ? (call.why ?? "") : duration((call.endedAt ?? 0) - call.answeredAt);
    const time = document.createElement("time");
    time.textContent = clock(call.startedAt).slice(0, 5);
    const item = document.createElement("li");
    item.append(number, why, time);
    list.prepend(item);
    while (list.children.length > SHOWN) list.lastElementChild?.remove();
    empty.hidden = true;
  }

  clear(): void {
    list.replaceChildren();
    empty.hidden = false;
  }
}
