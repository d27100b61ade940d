import type { Shown } from "../logic/words";

const SVG = "http://www.w3.org/2000/svg";

/** The element of index.html with that id. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found as E;
}

/** A new element. Whatever comes from outside becomes text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

export function button(
  className: string,
  label: string,
  press: (event: MouseEvent) => void,
): HTMLButtonElement {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** Makes what scrolls reachable by keyboard, with a name and a role. */
export function scrollable(node: HTMLElement, role: "grid" | "group", label: string): void {
  node.tabIndex = 0;
  node.setAttribute("role", role);
  node.setAttribute("aria-label", label);
}

/** Only where it differs: a write that changes nothing may cost a layout. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setTitle(node: HTMLElement, title: string): void {
  if (node.title !== title) node.title = title;
}

/** A term and what is said of it; what is undefined or empty is left out. */
export type Fact = readonly [term: string, value: Node | string | null | undefined];

export function facts(list: readonly Fact[]): HTMLDListElement {
  const pairs = list.flatMap(([term, value]) =>
    value === undefined || value === null || value === ""
      ? []
      : [element("div", "", element("dt", "", term), element("dd", "", value))],
  );
  return element("dl", "facts", ...pairs);
}

/** A state: a sign of its own shape, and its word. Colour only underlines it. */
export class Badge {
  readonly node = element("span", "badge");
  readonly #use = svg("use");
  readonly #word = element("span");

  constructor(shown?: Shown) {
    this.node.append(svg("svg", { "aria-hidden": "true" }, this.#use), this.#word);
    if (shown !== undefined) this.show(shown);
  }

  show({ word, sign }: Shown): void {
    setText(this.#word, word);
    if (this.node.dataset.sign === sign) return;
    this.node.dataset.sign = sign;
    this.#use.setAttribute("href", `#s-${sign}`);
  }
}
