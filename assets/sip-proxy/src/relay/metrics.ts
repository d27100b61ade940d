import type { SideName } from "./sides";

export type MessageKind = "request" | "response";

export type DropReason =
  /** From an address that is neither Genesys' nor Asterisk's. */
  | "stranger"
  /** No message, or one that may not be answered: a response, or an ACK. */
  | "malformed"
  /** A response whose Via is not ours, or that leads nowhere (RFC 3261 18.1.2). */
  | "not-ours"
  /** A refused ACK. */
  | "not-answerable"
  /** Asterisk's own REGISTER while the DN is being un-registered: it comes again. */
  | "too-early"
  /** The network or the other side would not take it. */
  | "send-failed";

export type TalkOutcome = "delivered" | "no-phone" | "no-dn" | "unavailable" | "late" | "repeated";

/** What the relay counts. */
export interface RelayMetrics {
  received(from: SideName, kind: MessageKind | "malformed"): void;
  forwarded(to: SideName, kind: MessageKind): void;
  /** Requests that the relay answered itself, talk events included. */
  answered(from: SideName, status: number): void;
  dropped(from: SideName, reason: DropReason): void;
  /** `repeated` is a retransmission; every other outcome is that of one talk event. */
  talk(event: "talk" | "hold", outcome: TalkOutcome): void;
}
