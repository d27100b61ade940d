import { newTag } from "../identifiers";
import { reasonPhrase } from "../reason-phrases";
import type { HeaderInit, HeaderRow } from "./header-row";
import { buildParts, type MessageParts, SipMessage, startLineText } from "./message";
import type { SipRequest } from "./request";

const ONE_LINE = /^[^\r\n]*$/;

export interface ResponseInit {
  /** @default the standard phrase */
  readonly reason?: string | undefined;
  /** @default random */
  readonly toTag?: string | undefined;
  readonly headers?: HeaderInit | undefined;
  readonly body?: Buffer | string | undefined;
}

export class SipResponse extends SipMessage {
  override readonly isRequest = false;

  /** For the parser; others use `to`. */
  constructor(
    readonly status: number,
    readonly reason: string,
    parts: MessageParts,
  ) {
    super(parts);
  }

  /**
   * A response to a request by RFC 3261 8.2.6: Via, From, To, Call-ID, CSeq copied; a To tag added (given or
   * random) unless there is one or the status is 100; Timestamp copied into 100. Headers that are missing in a
   * broken request are left out.
   */
  static to(request: SipRequest, status: number, init: ResponseInit = {}): SipResponse {
    const copied = request.rowsOf("via", "from", "to", "call-id", "cseq");
    if (status === 100) copied.push(...request.rowsOf("timestamp"));
    const rows = status === 100 ? copied : copied.map((row) => withToTag(row, request, init.toTag));
    // A dialog-establishing response carries the route set back (12.1.1).
    if (status > 100 && status < 300) rows.push(...request.rowsOf("record-route"));
    const made = buildParts(init.headers ?? [], init.body);
    const reason = startLineText(init.reason ?? reasonPhrase(status), "reason phrase", ONE_LINE);
    return new SipResponse(status, reason, { rows: [...rows, ...made.rows], body: made.body });
  }

  clone(): SipResponse {
    return new SipResponse(this.status, this.reason, this.copyParts());
  }

  protected override startLine(): string {
    return `SIP/2.0 ${this.status} ${this.reason}`;
  }
}

function withToTag(row: HeaderRow, request: SipRequest, tag: string | undefined): HeaderRow {
  if (row.key !== "to") return row;
  try {
    return request.to.tag === undefined ? row.withValue(`${row.value};tag=${tag ?? newTag()}`) : row;
  } catch {
    return row; // A To that does not parse goes back as it came: the 400 is about it.
  }
}
