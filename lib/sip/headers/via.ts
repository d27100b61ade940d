import { SipParseError } from "../errors";
import { isToken, parseUint, trim } from "../grammar";
import { parseHostPort } from "../uri";
import { Params } from "./params";

/** sent-protocol with the white space that the grammar allows around its slashes. */
const SENT_PROTOCOL = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([^ \t/]+)[ \t]+/i;

export const MAGIC_COOKIE = "z9hG4bK";

/** One Via value (RFC 3261 20.42), immutable. */
export class Via {
  constructor(
    /** In upper case: "UDP", "TCP", "TLS", "WS", "WSS", or anything else. */
    readonly transport: string,
    /** sent-by host; IPv6 in brackets. */
    readonly host: string,
    readonly port: number | undefined,
    readonly params: Params = Params.empty,
  ) {}

  /** Throws SipParseError with place "Via". */
  static parse(text: string): Via {
    const protocol = SENT_PROTOCOL.exec(text);
    const transport = protocol?.[1];
    if (protocol === null || transport === undefined || !isToken(transport)) {
      throw new SipParseError("header-malformed", "Via", `no sent-protocol: ${excerpt(text)}`);
    }
    const rest = text.slice(protocol[0].length);
    const semicolon = rest.indexOf(";");
    const sentBy = trim(semicolon < 0 ? rest : rest.slice(0, semicolon));
    const hostPort = parseHostPort(sentBy) ?? parseHostPort(sentBy.replace(/[ \t]*:[ \t]*/, ":"));
    if (hostPort === undefined) {
      throw new SipParseError("header-malformed", "Via", `no sent-by: ${excerpt(text)}`);
    }
    const params = semicolon < 0 ? Params.empty : Params.parse(rest.slice(semicolon), "Via");
    return new Via(transport.toUpperCase(), hostPort.host, hostPort.port, params);
  }

  get branch(): string | undefined {
    return this.params.get("branch");
  }

  /** host[:port] as written. */
  get sentBy(): string {
    return this.port === undefined ? this.host : `${this.host}:${this.port}`;
  }

  get received(): string | undefined {
    return this.params.get("received");
  }

  /** Port number; "requested" for an empty rport (RFC 3581 3); undefined when absent or no port. */
  get rport(): number | "requested" | undefined {
    const text = this.params.get("rport");
    return text === "" ? "requested" : text === undefined ? undefined : parseUint(text, 65_535);
  }

  /** True when the branch has z9hG4bK and something after it (RFC 3261 8.1.1.7, RFC 4475 3.2.1). */
  get hasMagicCookie(): boolean {
    const branch = this.branch;
    return (
      branch !== undefined &&
      branch.length > MAGIC_COOKIE.length &&
      branch.slice(0, MAGIC_COOKIE.length).toLowerCase() === MAGIC_COOKIE.toLowerCase()
    );
  }

  /** A copy with one parameter replaced or appended. */
  with(name: string, value?: string): Via {
    return new Via(this.transport, this.host, this.port, this.params.with(name, value));
  }

  toString(): string {
    return `SIP/2.0/${this.transport} ${this.sentBy}${this.params}`;
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
