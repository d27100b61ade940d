import { SipParseError } from "../errors";
import { closingQuote, isToken, trim, unquote } from "../grammar";

/** A challenge or credentials: scheme and parameters (RFC 7235 2.1), parameter names in lower case, values unquoted. */
export interface AuthValue {
  /** As written. */
  readonly scheme: string;
  readonly params: ReadonlyMap<string, string>;
}

/** Parse the value of one authentication header row. Throws SipParseError with `place`. */
export function parseAuth(text: string, place: string): AuthValue {
  const value = trim(text);
  const space = value.search(/[ \t]/);
  const scheme = space < 0 ? value : value.slice(0, space);
  if (!isToken(scheme)) throw malformed(place, "no scheme");
  const params = new Map<string, string>();
  let pos = space < 0 ? value.length : space;
  while (pos < value.length) {
    const end = endOfParam(value, pos);
    const param = trim(value.slice(pos, end));
    pos = end + 1;
    if (param === "") continue;
    const equal = param.indexOf("=");
    const name = trim(param.slice(0, Math.max(equal, 0))).toLowerCase();
    if (!isToken(name)) throw malformed(place, `no parameter: ${JSON.stringify(param.slice(0, 40))}`);
    if (params.has(name)) throw malformed(place, `${name} twice`);
    params.set(name, unquote(trim(param.slice(equal + 1))));
  }
  return { scheme, params };
}

function endOfParam(text: string, start: number): number {
  for (let pos = start; pos < text.length; pos++) {
    if (text[pos] === ",") return pos;
    if (text[pos] !== '"') continue;
    const close = closingQuote(text, pos);
    if (close < 0) return text.length;
    pos = close;
  }
  return text.length;
}

function malformed(place: string, why: string): SipParseError {
  return new SipParseError("header-malformed", place, why);
}
