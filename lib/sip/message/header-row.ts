import { SipError } from "../errors";
import { isToken, toBinary, unfold } from "../grammar";
import { headerKey } from "../header-names";

/** Anything that renders to a header value: text, a number, Via, NameAddr, ... */
export type HeaderValue = string | number | { toString(): string };

/** [name, value] pairs in order; repeated names become repeated rows. */
export type HeaderInit = readonly (readonly [name: string, value: HeaderValue])[];

/** One header row, immutable: `raw` is the text as it is on the wire, without the final CRLF. */
export class HeaderRow {
  constructor(
    /** Lower case, compact form expanded. */
    readonly key: string,
    readonly raw: string,
    private readonly colon: number,
  ) {}

  /** A new row. Throws SipError "header-unsafe" for text that would break out of its row. */
  static of(name: string, value: HeaderValue): HeaderRow {
    if (!isToken(name)) throw new SipError("header-unsafe", `no header name: ${JSON.stringify(name)}`);
    const text = toBinary(String(value));
    if (breaksLine(text)) throw new SipError("header-unsafe", `${name}: a value may not hold a line break`);
    return new HeaderRow(headerKey(name), `${name}: ${text}`, name.length);
  }

  /** Name as written, without the white space that may stand before the colon. */
  get name(): string {
    return this.raw.slice(0, this.colon).trimEnd();
  }

  /** Unfolded and trimmed. */
  get value(): string {
    return unfold(this.raw.slice(this.colon + 1));
  }

  /** The same name with another value. */
  withValue(value: HeaderValue): HeaderRow {
    return HeaderRow.of(this.name, value);
  }
}

function breaksLine(text: string): boolean {
  return text.includes("\r") || text.includes("\n");
}
