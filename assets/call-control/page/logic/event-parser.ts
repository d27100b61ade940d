/** One of the server's events. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Characters of one event: a thousand calls are half a million. */
const longest = 8_000_000;

/**
 * Makes events of a stream's text, wherever that is cut (HTML Living Standard, 9.2.6). EventSource would do so as well,
 * but it can't send an `Authorization`.
 */
export class EventParser {
  #rest = "";
  #name = "";
  #data: string[] = [];
  #length = 0;

  /** @throws Error when an event is longer than can be true */
  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    // The first half of \r\n may be the end of this piece.
    const lines = `${this.#rest}${text}`.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.#line(line);
      if (event !== undefined) events.push(event);
    }
    if (this.#length + this.#rest.length > longest) throw new Error("an event is too long");
    return events;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === "") return this.#end();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    else if (field === "data") {
      this.#data.push(value);
      this.#length += value.length;
    }
    return undefined;
  }

  #end(): ServerEvent | undefined {
    const event = { name: this.#name || "message", data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.#name = "";
    this.#data = [];
    this.#length = 0;
    return isEmpty ? undefined : event;
  }
}
