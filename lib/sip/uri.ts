import { isIPv6 } from "node:net";
import { SipParseError } from "./errors";
import { escapesAreSound, isHostName, parseUint, unescapeUri } from "./grammar";
import { Params } from "./headers/params";

export interface HostPort {
  /** Host name, IPv4 address, or IPv6 reference in brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** host[:port] (RFC 3261 25.1); undefined when it is none. */
export function parseHostPort(text: string): HostPort | undefined {
  let host = text;
  let port: string | undefined;
  const colon = text.indexOf(":", text.startsWith("[") ? text.indexOf("]") + 1 : 0);
  if (colon >= 0) {
    host = text.slice(0, colon);
    port = text.slice(colon + 1);
  }
  const sound = host.startsWith("[") ? host.endsWith("]") && isIPv6(host.slice(1, -1)) : isHostName(host);
  if (!sound) return undefined;
  if (port === undefined) return { host, port };
  const number = parseUint(port, 65_535);
  return number === undefined ? undefined : { host, port: number };
}

type Parts = Pick<SipUri, "scheme" | "user" | "password" | "host" | "port" | "params" | "headers">;

/** A SIP or SIPS URI (RFC 3261 19.1), immutable. Parts are kept as written (escapes included). */
export class SipUri {
  constructor(
    readonly scheme: "sip" | "sips",
    /** Userinfo without password, still escaped; undefined when the URI has none. */
    readonly user: string | undefined,
    readonly password: string | undefined,
    /** Host name, IPv4 address, or IPv6 reference in brackets. */
    readonly host: string,
    readonly port: number | undefined,
    readonly params: Params = Params.empty,
    /** Text after "?", without it. */
    readonly headers: string | undefined = undefined,
  ) {}

  /** Throws SipParseError `uri-malformed`; for other schemes `uri-scheme-unsupported` (416). */
  static parse(text: string, place = "URI"): SipUri {
    const uri = parseUri(text, place);
    if (uri instanceof SipUri) return uri;
    throw new SipParseError("uri-scheme-unsupported", place, `scheme ${uri.scheme} is not sip or sips`, 416);
  }

  /** Shorthand: `SipUri.of("1002", "127.0.0.2", 5060, { transport: "tcp" })`; escapes the user, brackets IPv6. */
  static of(
    user: string | undefined,
    host: string,
    port?: number,
    params?: Record<string, string | undefined>,
  ): SipUri {
    return new SipUri(
      "sip",
      user === undefined ? undefined : escapeUser(user),
      undefined,
      isIPv6(host) ? `[${host}]` : host,
      port,
      params === undefined ? Params.empty : Params.of(params),
    );
  }

  /** User with escapes decoded. */
  get decodedUser(): string | undefined {
    return this.user === undefined ? undefined : unescapeUri(this.user);
  }

  with(changes: Partial<Omit<Parts, "scheme">>): SipUri {
    const next: Parts = { ...this.parts(), ...changes };
    return new SipUri(next.scheme, next.user, next.password, next.host, next.port, next.params, next.headers);
  }

  /** Equality of RFC 3261 19.1.4. */
  equals(other: SipUri): boolean {
    return (
      this.scheme === other.scheme &&
      this.decodedUser === other.decodedUser &&
      unescapeUri(this.password ?? "") === unescapeUri(other.password ?? "") &&
      this.host.toLowerCase() === other.host.toLowerCase() &&
      this.port === other.port &&
      sameUriParams(this.params, other.params) &&
      headerSet(this.headers) === headerSet(other.headers)
    );
  }

  toString(): string {
    const password = this.password === undefined ? "" : `:${this.password}`;
    const userinfo = this.user === undefined ? "" : `${this.user}${password}@`;
    const port = this.port === undefined ? "" : `:${this.port}`;
    const headers = this.headers === undefined ? "" : `?${this.headers}`;
    return `${this.scheme}:${userinfo}${this.host}${port}${this.params}${headers}`;
  }

  private parts(): Parts {
    const { scheme, user, password, host, port, params, headers } = this;
    return { scheme, user, password, host, port, params, headers };
  }
}

/** A tel URI or any other scheme: scheme in lower case and the rest untouched. */
export class OpaqueUri {
  constructor(
    readonly scheme: string,
    readonly opaque: string,
  ) {}

  toString(): string {
    return `${this.scheme}:${this.opaque}`;
  }
}

export type Uri = SipUri | OpaqueUri;

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;

/** Parse any URI; sip and sips are structured, others opaque. Throws SipParseError `uri-malformed`. */
export function parseUri(text: string, place = "URI"): Uri {
  const colon = text.indexOf(":");
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase();
  if (!SCHEME.test(scheme)) throw malformed(place, text, "no scheme");
  if (hasForbidden(text)) throw malformed(place, text, "white space, a control character, a quote, < or >");
  const rest = text.slice(colon + 1);
  if (scheme !== "sip" && scheme !== "sips") {
    if (rest === "") throw malformed(place, text, "nothing after the scheme");
    return new OpaqueUri(scheme, rest);
  }
  if (!escapesAreSound(rest)) throw malformed(place, text, "% without two hex digits");
  return parseSipUri(scheme, rest, place, text);
}

function parseSipUri(scheme: "sip" | "sips", rest: string, place: string, text: string): SipUri {
  // A literal @ can't occur after the userinfo, and the userinfo may hold ; and ? (RFC 3261 25.1).
  const at = rest.indexOf("@");
  const userinfo = at < 0 ? undefined : rest.slice(0, at);
  const colon = userinfo === undefined ? -1 : userinfo.indexOf(":");
  const user = colon < 0 ? userinfo : userinfo?.slice(0, colon);
  if (user === "") throw malformed(place, text, "empty user");
  const tail = rest.slice(at + 1);
  if (tail.includes("@")) throw malformed(place, text, "a second @");
  const question = tail.indexOf("?");
  const beforeHeaders = question < 0 ? tail : tail.slice(0, question);
  const semicolon = beforeHeaders.indexOf(";");
  const hostPort = parseHostPort(semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon));
  if (hostPort === undefined) throw malformed(place, text, "no host and port");
  return new SipUri(
    scheme,
    user,
    colon < 0 ? undefined : userinfo?.slice(colon + 1),
    hostPort.host,
    hostPort.port,
    semicolon < 0 ? Params.empty : parseUriParams(beforeHeaders.slice(semicolon + 1), place, text),
    question < 0 ? undefined : tail.slice(question + 1),
  );
}

function parseUriParams(text: string, place: string, uri: string): Params {
  let params = Params.empty;
  for (const part of text.split(";")) {
    const equal = part.indexOf("=");
    const name = equal < 0 ? part : part.slice(0, equal);
    if (name === "" || params.has(name)) throw malformed(place, uri, "an empty or repeated parameter");
    params = params.with(name, equal < 0 ? undefined : part.slice(equal + 1));
  }
  return params;
}

function hasForbidden(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f || code === 0x22 || code === 0x3c || code === 0x3e) return true;
  }
  return false;
}

function malformed(place: string, text: string, why: string): SipParseError {
  return new SipParseError("uri-malformed", place, `${why} in ${JSON.stringify(text.slice(0, 80))}`);
}

/** RFC 3261 25.1 user: unreserved and user-unreserved stay, the rest is escaped as UTF-8. */
function escapeUser(user: string): string {
  return encodeURIComponent(user).replace(/%(26|3D|2B|24|2C|3B|3F|2F)/g, (octet) =>
    decodeURIComponent(octet),
  );
}

/** Parameters that must be in both or in neither (19.1.4); transport counts too, as it changes the resource. */
const SIGNIFICANT = ["user", "ttl", "method", "maddr", "transport"];

function sameUriParams(a: Params, b: Params): boolean {
  if (SIGNIFICANT.some((name) => a.has(name) !== b.has(name))) return false;
  for (const [name] of a) {
    const other = b.get(name);
    if (other === undefined) continue;
    if (unescapeUri(a.get(name) ?? "").toLowerCase() !== unescapeUri(other).toLowerCase()) return false;
  }
  return true;
}

/** URI headers in a form that compares equal whatever their order. */
function headerSet(headers: string | undefined): string {
  if (headers === undefined || headers === "") return "";
  const pairs = headers.split("&").map((pair) => {
    const equal = pair.indexOf("=");
    const name = equal < 0 ? pair : pair.slice(0, equal);
    return `${unescapeUri(name).toLowerCase()}=${unescapeUri(equal < 0 ? "" : pair.slice(equal + 1))}`;
  });
  return pairs.sort().join("&");
}

/** AOR in the canonical form of RFC 3261 10.3 step 5: no params, no headers, user unescaped, host in lower case. */
export function canonicalAor(uri: SipUri): string {
  const port = uri.port === undefined ? "" : `:${uri.port}`;
  const user = uri.user === undefined ? "" : `${uri.decodedUser}@`;
  return `${uri.scheme}:${user}${uri.host.toLowerCase()}${port}`;
}
