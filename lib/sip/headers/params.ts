import { SipParseError } from "../errors";
import { closingQuote, isToken, quote, trim, unquote } from "../grammar";

type Entry = readonly [name: string, value: string | undefined];

/** Characters that end or spoil an unquoted parameter value. Wider than RFC 3261's token on purpose: peers are. */
const SPOILS_VALUE = /["<>,;? \t\r\n]/;

/**
 * Ordered `;name=value` parameters (RFC 3261 25.1 generic-param). Immutable: `with` and `without` return copies.
 * Names compare case-insensitively; values that were not changed are rendered as they came.
 */
export class Params {
  static readonly empty: Params = new Params([]);

  private constructor(private readonly entries: readonly Entry[]) {}

  /** From a plain object; undefined as value writes the bare name. */
  static of(values: Readonly<Record<string, string | undefined>>): Params {
    return new Params(Object.entries(values));
  }

  /** Parse `;a=b;c` (leading semicolon included, white space allowed). Throws SipParseError with `place`. */
  static parse(text: string, place: string): Params {
    if (text === "") return Params.empty;
    const entries: Entry[] = [];
    let pos = 0;
    while (pos < text.length) {
      if (text[pos] !== ";") throw malformed(place, text);
      const end = endOfParam(text, pos + 1);
      entries.push(parseParam(text.slice(pos + 1, end), place));
      pos = end;
    }
    return new Params(entries);
  }

  has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  /** The value, unquoted; "" for a parameter without value; undefined when absent. */
  get(name: string): string | undefined {
    const entry = this.find(name);
    return entry === undefined ? undefined : unquote(entry[1] ?? "");
  }

  /**
   * Replace or append a parameter; undefined as value writes the bare name. A value that needs quotes gets them,
   * unless it has them.
   */
  with(name: string, value?: string): Params {
    const written =
      value === undefined || value.startsWith('"') || !SPOILS_VALUE.test(value) ? value : quote(value);
    const entry: Entry = [name, written];
    const index = this.entries.findIndex(([other]) => sameName(other, name));
    if (index < 0) return new Params([...this.entries, entry]);
    return new Params(this.entries.map((old, i) => (i === index ? entry : old)));
  }

  without(name: string): Params {
    return this.has(name) ? new Params(this.entries.filter(([other]) => !sameName(other, name))) : this;
  }

  /** [name, value as written] pairs. */
  [Symbol.iterator](): Iterator<Entry> {
    return this.entries[Symbol.iterator]();
  }

  toString(): string {
    let text = "";
    for (const [name, value] of this.entries) text += value === undefined ? `;${name}` : `;${name}=${value}`;
    return text;
  }

  private find(name: string): Entry | undefined {
    for (const entry of this.entries) if (sameName(entry[0], name)) return entry;
    return undefined;
  }
}

function sameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase());
}

function endOfParam(text: string, start: number): number {
  let pos = start;
  while (pos < text.length && text[pos] !== ";") {
    if (text[pos] === '"') {
      const close = closingQuote(text, pos);
      if (close < 0) return text.length;
      pos = close;
    }
    pos++;
  }
  return pos;
}

function parseParam(text: string, place: string): Entry {
  const equal = text.indexOf("=");
  const name = trim(equal < 0 ? text : text.slice(0, equal));
  if (!isToken(name)) throw malformed(place, text);
  if (equal < 0) return [name, undefined];
  const value = trim(text.slice(equal + 1));
  const sound = value.startsWith('"')
    ? closingQuote(value, 0) === value.length - 1
    : value !== "" && !SPOILS_VALUE.test(value);
  if (!sound) throw malformed(place, text);
  return [name, value];
}

function malformed(place: string, text: string): SipParseError {
  return new SipParseError("header-malformed", place, `no parameter: ${JSON.stringify(text.slice(0, 60))}`);
}
