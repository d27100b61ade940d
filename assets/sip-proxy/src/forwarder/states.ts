/** Where a DN stands at Genesys. */
export type State =
  /** Not to be registered by sip-proxy; Asterisk may have it registered itself. */
  | "idle"
  /** To be registered; a REGISTER waits for its turn or for its answer. */
  | "registering"
  | "registered"
  /** Registered, and a REGISTER to keep it so waits for its turn or for its answer. */
  | "refreshing"
  /** To be registered; the next REGISTER waits because the last one failed. */
  | "backing off"
  /** Not to be registered any more; an un-REGISTER is on its way, or will be tried again. */
  | "releasing";

export const states: readonly State[] = [
  "idle",
  "registering",
  "registered",
  "refreshing",
  "backing off",
  "releasing",
];

export const legalMoves: Readonly<Record<State, readonly State[]>> = {
  idle: ["registering", "releasing"],
  registering: ["registered", "backing off", "releasing", "idle"],
  registered: ["refreshing", "releasing", "idle"],
  refreshing: ["registered", "backing off", "releasing", "idle"],
  "backing off": ["registering", "refreshing", "releasing", "idle"],
  releasing: ["idle", "registering"],
};
