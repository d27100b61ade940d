import type { BackoffOptions } from "../ami";
import type { Clock } from "../sip/clock";

export interface AriClientOptions {
  /** Asterisk's HTTP server, with or without `/ari`: `http://127.0.0.1:8088`. */
  readonly url: string;
  readonly username: string;
  readonly secret: string;
  /** The Stasis application whose events are received. One client at a time may have it. */
  readonly app: string;
  /**
   * Receive the events of all channels, bridges and endpoints, not only of those that the application holds or has
   * subscribed to. Set to true while calls are up, it makes those that were subscribed already come twice until they end.
   * @default false
   */
  readonly subscribeAll?: boolean;
  /** Milliseconds. */
  readonly timeouts?: Partial<AriTimeouts>;
  /** After a connection that failed or was lost. @default 100 ms to 4 s */
  readonly backoff?: BackoffOptions;
  /** After a rejected user or a second instance, which only an operator can mend. @default 5 s to 5 min */
  readonly rejectedBackoff?: BackoffOptions;
  readonly limits?: Partial<AriLimits>;
  readonly clock?: Clock;
  /** 0 to below 1. @default Math.random */
  readonly random?: () => number;
}

/** Milliseconds. */
export interface AriTimeouts {
  /** Until the WebSocket stands. */
  readonly connect: number;
  /** Until an event that is made on a new WebSocket has come. */
  readonly proof: number;
  /** From a request until the end of its answer, its wait for a free connection included. */
  readonly request: number;
  /** The same for the lists of all channels, bridges, endpoints and recordings. */
  readonly list: number;
  /** Without a byte of a file that is downloaded, for whatever reason: also when its reader does not read. */
  readonly download: number;
  /** How long what became of a request is looked for when its answer was lost. */
  readonly outcome: number;
  /** How long something must not be there before it is taken for absent: Asterisk may still be about to make it. */
  readonly absent: number;
  /** Silence after which the WebSocket is pinged. */
  readonly keepAlive: number;
  /** Until the pong; a dead connection is found after `keepAlive + ping` at the latest. */
  readonly ping: number;
  /** How long a connection must hold before the next loss starts the backoff anew. */
  readonly stable: number;
  /** How long `stop()` waits for Asterisk to close the WebSocket. */
  readonly stop: number;
}

export interface AriLimits {
  /** Requests under way at one time, each on a connection of its own. */
  readonly requests: number;
  /** Requests that may wait for their turn. */
  readonly waiting: number;
  /** Downloads under way at one time; others wait. */
  readonly downloads: number;
  /** Bytes of an answer. */
  readonly answer: number;
  /** Bytes of an event. */
  readonly message: number;
  /** Events that are held back while what stands is listed. */
  readonly heldEvents: number;
}

export const defaultTimeouts: AriTimeouts = {
  connect: 5_000,
  proof: 2_000,
  request: 5_000,
  list: 30_000,
  download: 30_000,
  outcome: 15_000,
  absent: 2_000,
  keepAlive: 2_000,
  ping: 3_000,
  stable: 10_000,
  stop: 1_000,
};

export const defaultLimits: AriLimits = {
  requests: 16,
  waiting: 1_000,
  downloads: 4,
  answer: 64 << 20,
  message: 1 << 20,
  heldEvents: 20_000,
};

/** Within 4 s, to be back 5 s after Asterisk at the latest; not at once, for Asterisk still tidies up (`Connection`). */
export const defaultBackoff: BackoffOptions = { initial: 250, maximum: 4_000, minimum: 100 };
export const defaultRejectedBackoff: BackoffOptions = { initial: 10_000, maximum: 300_000, minimum: 5_000 };
