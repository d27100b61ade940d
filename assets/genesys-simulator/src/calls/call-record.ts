import { randomInt } from "node:crypto";

export type CallState = "inviting" | "ringing" | "answered" | "ended";
export type Party = "caller" | "called" | "switch";

/** none: not asked for. pending: its delay runs. sent: waits for an answer. unanswered: given up. */
export type TalkState = "none" | "pending" | "sent" | "answered" | "unanswered";

/** A call as GET /calls shows it. Times are ISO 8601. */
export interface CallRecord {
  /** X-Genesys-CallUUID. */
  readonly uuid: string;
  readonly server: string;
  readonly from: string;
  readonly to: string;
  /** Call-ID of the leg that came in, and of the leg to the called phone. */
  readonly callIds: { readonly caller: string; readonly called?: string };
  readonly state: CallState;
  readonly startedAt: string;
  readonly ringingAt?: string;
  readonly answeredAt?: string;
  readonly endedAt?: string;
  /** Who ended it. */
  readonly endedBy?: Party;
  /** Final status that the caller's INVITE got. */
  readonly status?: number;
  readonly talk: TalkState;
  /** Status that the NOTIFY was answered with. */
  readonly talkStatus?: number;
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** 32 capital letters and digits, as T-Server makes them. */
export function callUuid(): string {
  return Array.from({ length: 32 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}
