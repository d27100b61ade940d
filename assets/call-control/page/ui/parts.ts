import { type Part, parts } from "../logic/access";
import { byId } from "./elements";

/** The parts of the page: one is shown, which the address names, so that it can be loaded again and gone back from. */
export class Parts {
  readonly #links = new Map<Part, HTMLAnchorElement>();

  constructor(
    private readonly open: readonly Part[],
    private readonly shown: (part: Part) => void,
  ) {
    for (const link of byId("parts").querySelectorAll("a")) {
      const part = link.dataset.part as Part;
      link.hidden = !open.includes(part);
      this.#links.set(part, link);
    }
    byId("parts").hidden = open.length < 2;
    addEventListener("hashchange", () => this.#show());
    this.#show();
  }

  get current(): Part | undefined {
    return this.open.find((part) => `#${part}` === location.hash) ?? this.open[0];
  }

  #show(): void {
    const { current } = this;
    for (const part of parts) {
      byId(part).hidden = part !== current;
      if (part === current) this.#links.get(part)?.setAttribute("aria-current", "page");
      else this.#links.get(part)?.removeAttribute("aria-current");
    }
    scrollTo(0, 0);
    if (current !== undefined) this.shown(current);
  }
}
