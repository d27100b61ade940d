import type { TimelineEntry } from "../../src/changes";
import { clock, exact } from "../logic/words";
import { Badge, element } from "./elements";

export interface EntryListOptions {
  /** Whether each entry names its DN, which leads there. */
  readonly choose?: (dn: string) => void;
  readonly nothing: string;
}

/** Entries of a timeline as a list, the latest first. Entries that are there already are left as they are. */
export class EntryList {
  readonly node = element("ol", "timeline-list");
  readonly #items = new Map<number, HTMLLIElement>();
  readonly #nothing: HTMLLIElement;

  constructor(private readonly options: EntryListOptions) {
    this.#nothing = element("li", "none", options.nothing);
  }

  show(entries: readonly TimelineEntry[]): void {
    const wanted = new Set(entries.map(({ id }) => id));
    for (const [id, item] of this.#items) {
      if (wanted.has(id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    let after: Element | null = null;
    for (const entry of entries) {
      const item: HTMLLIElement = this.#items.get(entry.id) ?? this.#add(entry);
      const next: Element | null = after === null ? this.node.firstElementChild : after.nextElementSibling;
      if (item !== next) this.node.insertBefore(item, next);
      after = item;
    }
    if (entries.length === 0) this.node.append(this.#nothing);
    else this.#nothing.remove();
  }

  #add(entry: TimelineEntry): HTMLLIElement {
    const time = element("time", "", clock(entry.at));
    time.dateTime = entry.at;
    time.title = exact(entry.at);
    const item = element("li", entry.trouble ? "trouble" : "", time, this.#subject(entry));
    if (entry.trouble) item.append(new Badge({ word: "Error", sign: "bad" }).node);
    item.append(element("span", "text", entry.text));
    this.#items.set(entry.id, item);
    return item;
  }

  #subject({ dn }: TimelineEntry): Node {
    const { choose } = this.options;
    if (dn === null) return element("span", "monitor", "Monitor");
    if (choose === undefined) return document.createTextNode("");
    const button = element("button", "link", dn);
    button.type = "button";
    button.addEventListener("click", () => choose(dn));
    return button;
  }
}
