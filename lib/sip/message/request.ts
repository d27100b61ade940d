import { SipParseError } from "../errors";
import { isToken } from "../grammar";
import { headerKey } from "../header-names";
import { parseUri, type Uri } from "../uri";
import type { HeaderInit } from "./header-row";
import { buildParts, type MessageParts, SipMessage, startLineText } from "./message";

const NO_WHITE_SPACE = /^[^ \t\r\n]+$/;

export class SipRequest extends SipMessage {
  override readonly isRequest = true;
  private uriText: string;
  private uriCache: Uri | undefined;

  /** For the parser; others use `create`. */
  constructor(
    readonly method: string,
    uri: string,
    parts: MessageParts,
  ) {
    super(parts);
    this.uriText = uri;
  }

  /** Adds Max-Forwards 70 when not given, and Content-Length. Via is added by whoever sends it. */
  static create(init: {
    method: string;
    uri: string | Uri;
    headers: HeaderInit;
    body?: Buffer | string | undefined;
  }): SipRequest {
    if (!isToken(init.method)) throw new SipParseError("start-line-malformed", "method", init.method);
    const headers = init.headers.some(([name]) => headerKey(name) === "max-forwards")
      ? init.headers
      : [["Max-Forwards", 70] as const, ...init.headers];
    const uri = startLineText(String(init.uri), "Request-URI", NO_WHITE_SPACE);
    return new SipRequest(init.method, uri, buildParts(headers, init.body));
  }

  /** Request-URI text; assigning re-renders the request line. */
  get uri(): string {
    return this.uriText;
  }

  set uri(text: string) {
    this.uriText = startLineText(text, "Request-URI", NO_WHITE_SPACE);
    this.uriCache = undefined;
    this.changed();
  }

  /** Parsed on first use; throws SipParseError with place "Request-URI". */
  get parsedUri(): Uri {
    this.uriCache ??= parseUri(this.uriText, "Request-URI");
    return this.uriCache;
  }

  clone(): SipRequest {
    return new SipRequest(this.method, this.uriText, this.copyParts());
  }

  protected override startLine(): string {
    return `${this.method} ${this.uriText} SIP/2.0`;
  }
}
