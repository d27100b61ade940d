import { Params } from "./headers/params";

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
  static parse(_text: string, _place?: string): SipUri {
    throw new Error("not written yet");
  }

  /** Shorthand: SipUri.of("1002", "127.0.0.2", 5060, {transport: "tcp"}); escapes the user. */
  static of(
    _user: string | undefined,
    _host: string,
    _port?: number,
    _params?: Record<string, string | undefined>,
  ): SipUri {
    throw new Error("not written yet");
  }

  /** User with escapes decoded. */
  get decodedUser(): string | undefined {
    throw new Error("not written yet");
  }

  with(
    _changes: Partial<Pick<SipUri, "user" | "password" | "host" | "port" | "params" | "headers">>,
  ): SipUri {
    throw new Error("not written yet");
  }

  /** Equality of RFC 3261 19.1.4. */
  equals(_other: SipUri): boolean {
    throw new Error("not written yet");
  }

  toString(): string {
    throw new Error("not written yet");
  }
}

/** A tel URI or any other scheme: scheme in lower case and the rest untouched. */
export interface OpaqueUri {
  readonly scheme: string;
  readonly opaque: string;
  toString(): string;
}

export type Uri = SipUri | OpaqueUri;

/** Parse any URI; sip and sips are structured, others opaque. Throws SipParseError `uri-malformed`. */
export function parseUri(_text: string, _place?: string): Uri {
  throw new Error("not written yet");
}

/** AOR in the canonical form of RFC 3261 10.3 step 5: no params, no headers, user unescaped, host in lower case. */
export function canonicalAor(_uri: SipUri): string {
  throw new Error("not written yet");
}
