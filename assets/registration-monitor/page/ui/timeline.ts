import type { TimelineEntry } from "../../src/changes";
import { Entries } from "../logic/entries";
import { fetchChanges } from "./api";
import { element } from "./elements";
import { EntryList, type EntryListOptions } from "./entry-list";

/** Entries that one look back brings. */
const step = 100;

/** Entries that are in the document at most. */
const limit = 500;

/** A timeline that grows at its head by itself, and at its end when somebody wants to look further back. */
export class Timeline {
  readonly node = element("div", "timeline-view");
  readonly #entries = new Entries(limit);
  readonly #list: EntryList;
  readonly #note = element("p", "note behind");
  readonly #older = element("button", "", "Older changes");
  /** A DN that is not looked at any more must not fill the list of the next. */
  #turn = 0;
  #dn: string | undefined;

  constructor(options: EntryListOptions) {
    this.#list = new EntryList(options);
    this.#older.type = "button";
    this.#older.addEventListener("click", () => void this.#load(this.#entries.oldest));
    this.node.append(this.#note, this.#list.node, this.#older);
    this.#note.hidden = true;
  }

  /** @param dn undefined: of all DNs */
  async open(dn?: string): Promise<void> {
    this.#dn = dn;
    this.#entries.clear();
    this.#older.hidden = true;
    await this.#load(undefined);
  }

  live(entries: readonly TimelineEntry[]): void {
    const mine = this.#dn === undefined ? entries : entries.filter(({ dn }) => dn === this.#dn);
    if (this.#entries.add(mine)) this.#list.show(this.#entries.all);
  }

  async #load(before: number | undefined): Promise<void> {
    const turn = ++this.#turn;
    this.#older.disabled = true;
    try {
      const history = await fetchChanges(step, before, this.#dn);
      if (turn !== this.#turn) return;
      this.#entries.add(history.changes);
      this.#list.show(this.#entries.all);
      this.#older.hidden = history.changes.length < step || this.#entries.full;
      this.#say(history.complete ? "" : `Only the latest: ${history.reason}`);
    } catch (error) {
      if (turn === this.#turn) this.#say(`Changes could not be fetched: ${(error as Error).message}`);
    } finally {
      if (turn === this.#turn) this.#older.disabled = false;
    }
  }

  #say(text: string): void {
    this.#note.textContent = text;
    this.#note.hidden = text === "";
  }
}
