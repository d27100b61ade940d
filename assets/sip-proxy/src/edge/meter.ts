/** Why a handshake was refused. */
export const refusalReasons = [
  "path",
  "subprotocol",
  "origin",
  "guessing",
  "sockets",
  "sockets-per-address",
  "malformed",
  "stopping",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** WebSocket messages and their bytes: plain numbers, for they count each message. */
export interface Traffic {
  messagesFromPhones: number;
  bytesFromPhones: number;
  messagesToPhones: number;
  bytesToPhones: number;
}

/** What the edge counts. */
export interface EdgeMeter {
  readonly traffic: Traffic;
  /** A handshake was accepted. */
  accepted(): void;
  refused(reason: RefusalReason): void;
  /** @param code of the close, whoever closed */
  closed(code: number): void;
  register(kind: "register" | "unregister"): void;
  /** Asterisk's final answer to a REGISTER. */
  answered(status: number): void;
  /** A request with credentials that Asterisk refused. */
  guessed(): void;
  /** `address`: too many guesses came from it, and it has to wait; `dn`: too many were at a DN. */
  tooManyGuesses(what: "address" | "dn"): void;
}

/** Counts nothing. */
export const silentEdgeMeter: EdgeMeter = {
  traffic: { messagesFromPhones: 0, bytesFromPhones: 0, messagesToPhones: 0, bytesToPhones: 0 },
  accepted() {},
  refused() {},
  closed() {},
  register() {},
  answered() {},
  guessed() {},
  tooManyGuesses() {},
};
