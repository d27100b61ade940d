import { headline, type LogEntry, type SipLog } from "../logic/sip-log";
import { clock, element, write } from "./dom";
import { notice, say } from "./notices";

const panel = element("log-panel", HTMLDetailsElement);
const list = element("log", HTMLOListElement);
const count = element("log-count", HTMLElement);

/** The SIP messages, newest first. Nothing is drawn while nobody looks. */
export class LogView {
  #drawn = 0;

  constructor(private readonly log: SipLog) {
    panel.addEventListener("toggle", () => this.show());
    element("log-copy", HTMLButtonElement).addEventListener("click", () => void this.#copy());
    element("log-clear", HTMLButtonElement).addEventListener("click", () => {
      log.clear();
      list.replaceChildren();
      this.show();
    });
  }

  show(): void {
    const { entries } = this.log;
    write(count, String(entries.length));
    if (!panel.open) return;
    for (const entry of entries) {
      if (entry.number <= this.#drawn) continue;
      list.prepend(row(entry));
      this.#drawn = entry.number;
    }
    while (list.children.length > entries.length) list.lastElementChild?.remove();
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.log.toString());
      say("SIP messages copied");
    } catch {
      notice("The browser does not let this page copy. Select the messages and copy them by hand.");
    }
  }
}

function row({ time, direction, text }: LogEntry): HTMLLIElement {
  const way = document.createElement("span");
  way.className = direction === "in" ? "from" : "to";
  way.textContent = direction === "in" ? " ← " : " → ";
  way.setAttribute("aria-label", direction === "in" ? "received" : "sent");
  way.setAttribute("role", "img");
  const summary = document.createElement("summary");
  summary.append(clock(time), way, headline(text));
  const body = document.createElement("pre");
  body.textContent = text.trimEnd();
  const details = document.createElement("details");
  details.append(summary, body);
  const item = document.createElement("li");
  item.append(details);
  return item;
}
