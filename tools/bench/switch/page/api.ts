/** What the page with the agents' phones lets the bench do, as `globalThis.agents`. */
export interface AgentsApi {
  signIn(dn: string, password: string): void;
  states(): AgentState[];
  /** @param sound whether both ends send sound, until the next call is made: one is answered before that */
  dial(from: string, to: string, sound: boolean): Promise<void>;
  /** Ends every call of every phone. */
  hangUp(): void;
  /** Looks for gaps in the sound of all calls that are up, from now on. */
  listen(): Promise<void>;
  /** Of each stream that is still up: its longest gaps since `listen`, one that is still open among them. */
  gaps(): Promise<Gap[]>;
}

/** Milliseconds, of the sound that one side of a call hears. */
export interface Gap {
  /** Between two packets' arrivals. On a busy machine packets also come late that were not held up by anything else. */
  readonly late: number;
  /** Of sound that never came, by the time stamps of the packets before and after. */
  readonly missing: number;
}

export interface AgentState {
  readonly dn: string;
  /** As in assets/nginx/phone/logic/line.ts: off, connecting, registering, registered, waiting. */
  readonly line: string;
  /** Calls that have not ended. */
  readonly calls: readonly { readonly id: string; readonly active: boolean }[];
}
