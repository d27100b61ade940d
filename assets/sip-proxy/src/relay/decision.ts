import type { Address, Parsed } from "../../../../lib/sip";
import type { DropReason, MessageKind } from "./metrics";
import type { RelayProtocol, SideName } from "./sides";

/** A message, and where it came from. */
export interface Arrival {
  readonly side: SideName;
  readonly protocol: RelayProtocol;
  readonly remote: Address;
  readonly parsed: Parsed;
}

/** Where bytes go. */
export interface Hop {
  readonly protocol: RelayProtocol;
  readonly address: Address;
  /** TCP: the port of the connection to be used if it is still there, else one is made to `address`. */
  readonly connection?: number | undefined;
}

export interface Forward {
  readonly do: "forward";
  readonly kind: MessageKind;
  readonly to: SideName;
  readonly hop: Hop;
  readonly bytes: Buffer;
  /** When `hop` can't be reached: the same message for UDP (RFC 3261 18.1.1). */
  readonly fallback?: { readonly hop: Hop; readonly bytes: Buffer } | undefined;
  /** What to answer when the message can't be sent; undefined for a response, and for ACK. */
  readonly undeliverable?: (() => Answer) | undefined;
  readonly callId: string;
}

/** An answer of the relay's own. It goes back by the way that the request came. */
export interface Answer {
  readonly do: "answer";
  readonly status: number;
  readonly hop: Hop;
  readonly bytes: Buffer;
  readonly method: string;
  readonly callId: string | undefined;
  /** The agent's, as far as the request names one. */
  readonly dn: string | undefined;
  /** In plain words, for the log; also in the answer's Warning where the reason phrase does not say it. */
  readonly why: string;
}

/** A talk event that is to be delivered and then answered. */
export interface Talk {
  readonly do: "talk";
  readonly event: "talk" | "hold";
  /** undefined: neither the call nor the NOTIFY names one. */
  readonly dn: string | undefined;
  readonly callUuid: string | undefined;
  readonly callId: string;
  /** The same for a retransmission. */
  readonly transaction: string;
  answer(status: number, why: string): Answer;
}

export interface Drop {
  readonly do: "drop";
  readonly reason: DropReason;
  readonly why: string;
  readonly callId?: string | undefined;
}

export type Decision = Forward | Answer | Talk | Drop;
