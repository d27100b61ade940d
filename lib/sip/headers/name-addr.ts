import { SipParseError } from "../errors";
import { closingQuote, parseUint, quote, trim, unquote } from "../grammar";
import { parseUri, type Uri } from "../uri";
import { Params } from "./params";

/** Not in an unquoted display name. RFC 3261 wants tokens; peers write brackets and UTF-8, which do no harm. */
const SPOILS_DISPLAY_NAME = /[",;:<>@\\]/;

/** 20.10: an addr-spec with these must be enclosed in <>; a semicolon starts header parameters. */
const NEEDS_BRACKETS = /[,?<>" \t]/;

const MAX_SECONDS = 0xffff_ffff;

/** name-addr or addr-spec with parameters: From, To, Contact, Route, Record-Route (RFC 3261 20.10). Immutable. */
export class NameAddr {
  private uriCache: Uri | undefined;

  constructor(
    /** URI text as written. */
    readonly uri: string,
    /** Without quotes, escapes undone; undefined when there is none. Binary text: see decodeText. */
    readonly displayName: string | undefined = undefined,
    readonly params: Params = Params.empty,
  ) {}

  /** `place` is the header's name in errors. Throws SipParseError. */
  static parse(text: string, place: string): NameAddr {
    const value = trim(text);
    let open = value.indexOf("<");
    let displayName: string | undefined;
    if (value.startsWith('"')) {
      const close = closingQuote(value, 0);
      if (close < 0) throw malformed(place, value, "a quote is not closed");
      open = value.indexOf("<", close);
      if (open < 0 || trim(value.slice(close + 1, open)) !== "") throw malformed(place, value, "no <URI>");
      displayName = unquote(value.slice(0, close + 1));
    } else if (open > 0) {
      displayName = trim(value.slice(0, open));
      if (SPOILS_DISPLAY_NAME.test(displayName)) throw malformed(place, value, "a display name needs quotes");
      if (displayName === "") displayName = undefined;
    }
    return open < 0 ? parseAddrSpec(value, place) : parseBracketed(value, open, displayName, place);
  }

  get tag(): string | undefined {
    return this.params.get("tag");
  }

  /** `expires` of a Contact in seconds; undefined when absent or malformed (RFC 3261 10.3: as if absent). */
  get expires(): number | undefined {
    return parseUint(this.params.get("expires") ?? "", MAX_SECONDS);
  }

  /** Parsed on first use; throws SipParseError. */
  get parsedUri(): Uri {
    this.uriCache ??= parseUri(this.uri);
    return this.uriCache;
  }

  withParam(name: string, value?: string): NameAddr {
    return new NameAddr(this.uri, this.displayName, this.params.with(name, value));
  }

  withoutParam(name: string): NameAddr {
    return new NameAddr(this.uri, this.displayName, this.params.without(name));
  }

  /** Always in the bracketed form. */
  toString(): string {
    const name = this.displayName === undefined ? "" : `${quote(this.displayName)} `;
    return `${name}<${this.uri}>${this.params}`;
  }
}

function parseBracketed(
  value: string,
  open: number,
  displayName: string | undefined,
  place: string,
): NameAddr {
  const close = value.indexOf(">", open);
  if (close < 0) throw malformed(place, value, "< is not closed");
  const uri = value.slice(open + 1, close);
  if (uri === "" || /[<" \t]/.test(uri)) throw malformed(place, value, "no URI between < and >");
  return new NameAddr(uri, displayName, Params.parse(trim(value.slice(close + 1)), place));
}

function parseAddrSpec(value: string, place: string): NameAddr {
  const semicolon = value.indexOf(";");
  const uri = trim(semicolon < 0 ? value : value.slice(0, semicolon));
  if (!uri.includes(":") || NEEDS_BRACKETS.test(uri)) throw malformed(place, value, "a URI that needs <>");
  return new NameAddr(
    uri,
    undefined,
    semicolon < 0 ? Params.empty : Params.parse(value.slice(semicolon), place),
  );
}

function malformed(place: string, value: string, why: string): SipParseError {
  return new SipParseError("header-malformed", place, `${why}: ${JSON.stringify(value.slice(0, 80))}`);
}
