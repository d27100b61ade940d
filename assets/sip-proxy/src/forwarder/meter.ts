import type { State } from "./states";

/** `refresh`: to a server that holds a binding of the DN. */
export type RegisterKind = "register" | "refresh" | "unregister";

/** What the forwarder counts. */
export interface ForwarderMeter {
  /** A DN changed its state. */
  moved(from: State, to: State): void;
  /** A REGISTER went out, for the first time or with an answer to a challenge; retransmissions apart. */
  sent(kind: RegisterKind): void;
  retransmitted(): void;
  /** A final answer to a REGISTER came; @param seconds since the REGISTER went out */
  answered(status: number, seconds: number): void;
  /** A REGISTER was given up without an answer. */
  unanswered(): void;
  /** A new registration was granted; @param seconds since the phone's REGISTER that Asterisk accepted */
  registered(seconds: number): void;
  /** Asterisk un-registered a DN; `held`: the forwarder has it, so Genesys isn't told. */
  asteriskGaveUp(outcome: "held" | "released"): void;
}

/** Counts nothing. */
export const silentForwarderMeter: ForwarderMeter = {
  moved() {},
  sent() {},
  retransmitted() {},
  answered() {},
  unanswered() {},
  registered() {},
  asteriskGaveUp() {},
};
