import { callOutcomes, callTypes } from "../../src/calls/call";
import { faultOf, type LogSearch, Pages, pageSize, queryOf } from "../logic/log-query";
import type { Call } from "../logic/messages";
import { outcomeWords, typeWords } from "../logic/words";
import { byId, element, setText } from "./elements";
import { type LogRowOptions, logRow } from "./log-row";
import { count } from "./times";

const form = byId<HTMLFormElement>("log-search");
const table = byId<HTMLTableElement>("log-table");
const none = byId("log-none");
const fault = byId("log-fault");
const shown = byId("log-shown");
const newer = byId<HTMLButtonElement>("log-newer");
const older = byId<HTMLButtonElement>("log-older");
const field = (name: keyof LogSearch) => byId<HTMLInputElement | HTMLSelectElement>(`log-${name}`);

/** The log of all calls, searched and page by page. */
export class LogPart {
  readonly #pages = new Pages();
  /** What the pages are of: a form that is being filled in must not change what "Older" means. */
  #search = read();
  /** An answer that comes after that of a later question is not shown. */
  #turn = 0;
  #bodies: readonly HTMLElement[] = [];

  constructor(private readonly options: LogRowOptions) {
    byId("log-type").append(...callTypes.map((type) => choice(type, typeWords[type])));
    byId("log-outcome").append(...callOutcomes.map((outcome) => choice(outcome, outcomeWords[outcome])));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin();
    });
    // The fields are empty after the event.
    form.addEventListener("reset", () => setTimeout(() => this.#begin()));
    newer.addEventListener("click", () => {
      this.#pages.newer();
      void this.#load();
    });
    older.addEventListener("click", () => {
      this.#pages.older();
      void this.#load();
    });
  }

  /** The part is looked at: calls that ended meanwhile are to be there, unless somebody reads on. */
  open(): void {
    const isRead = this.#pages.number > 1 || table.querySelector(".open") !== null;
    if (!isRead) void this.#load();
  }

  focusSearch(): void {
    field("number").focus();
  }

  #begin(): void {
    const search = read();
    const why = faultOf(search);
    setText(fault, why ?? "");
    if (why !== undefined) return;
    this.#search = search;
    this.#pages.first();
    void this.#load();
  }

  async #load(): Promise<void> {
    const turn = ++this.#turn;
    table.setAttribute("aria-busy", "true");
    newer.disabled = older.disabled = true;
    try {
      const page = await this.options.api.log(queryOf(this.#search, this.#pages.cursor));
      if (turn !== this.#turn) return;
      this.#pages.shown(page.next);
      setText(fault, "");
      this.#show(page.calls);
    } catch (error) {
      if (turn === this.#turn) setText(fault, (error as Error).message);
    } finally {
      if (turn === this.#turn) {
        table.removeAttribute("aria-busy");
        newer.disabled = !this.#pages.hasNewer;
        older.disabled = !this.#pages.hasOlder;
      }
    }
  }

  #show(calls: readonly Call[]): void {
    for (const body of this.#bodies) body.remove();
    this.#bodies = calls.map((call) => logRow(call, this.options));
    table.append(...this.#bodies);
    byId("log-box").scrollTop = 0;
    const isFirst = this.#pages.number === 1;
    none.hidden = calls.length > 0;
    setText(none, isFirst ? "No call is like that" : "There is no older call");
    const before = (this.#pages.number - 1) * pageSize;
    setText(shown, calls.length === 0 ? "" : `${count(before + 1)} to ${count(before + calls.length)}`);
  }
}

function read(): LogSearch {
  const value = (name: keyof LogSearch) => field(name).value.trim();
  return {
    number: value("number"),
    agent: value("agent"),
    type: value("type"),
    outcome: value("outcome"),
    from: value("from"),
    to: value("to"),
  };
}

function choice(value: string, word: string): HTMLOptionElement {
  const made = element("option", "", word);
  made.value = value;
  return made;
}
