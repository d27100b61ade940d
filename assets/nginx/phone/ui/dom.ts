/** An element of index.html. A wrong id is a fault of the page, not of its user. */
export function element<T extends Element>(id: string, type: abstract new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`index.html has no ${type.name} with the id ${id}`);
}

/** An element of a call's card. */
export function within<T extends Element>(
  parent: ParentNode,
  selector: string,
  type: abstract new () => T,
): T {
  const found = parent.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`index.html has no ${type.name} for ${selector}`);
}

/** Writes only what changed: screen readers and selections are disturbed by every write. */
export function write(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** `14:03:27` */
export function clock(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString("en-GB");
}
