import type { Duplex } from "node:stream";
import type { Clock } from "../sip/clock";
import type { BackoffOptions } from "./backoff";
import type { AmiLimits } from "./parser";
import type { SessionLimits } from "./session";

export interface AmiClientOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly secret: string;
  /** Log in with the secret in clear where Asterisk offers no MD5 challenge. @default false */
  readonly plainText?: boolean;
  /** Actions that may be sent; others are refused before a byte is written. @default all */
  readonly allowedActions?: readonly string[];
  /** Event classes to be sent; `system` always is, for it carries FullyBooted. @default ["system"] */
  readonly events?: readonly string[];
  /** Milliseconds. */
  readonly timeouts?: Partial<AmiTimeouts>;
  /** After a connection that failed or was lost. @default 250 ms to 30 s */
  readonly backoff?: BackoffOptions;
  /** After a rejected login, which only an operator can mend. @default 5 s to 5 min */
  readonly rejectedBackoff?: BackoffOptions;
  readonly limits?: Partial<AmiLimits & SessionLimits>;
  readonly clock?: Clock;
  /** 0 to below 1. @default Math.random */
  readonly random?: () => number;
  /** Opens the byte stream, which emits `connect`. @default TCP to host and port */
  readonly connect?: () => Duplex;
}

/** Milliseconds. */
export interface AmiTimeouts {
  /** Until TCP stands. */
  readonly connect: number;
  /** From login until Asterisk is fully booted. */
  readonly boot: number;
  readonly action: number;
  readonly list: number;
  /** Silence after which a Ping is sent. */
  readonly keepAlive: number;
  /** Until the Ping's answer; a dead peer is found after `keepAlive + ping` at the latest. */
  readonly ping: number;
  /** How long a session must hold before the next loss starts the backoff anew. */
  readonly stable: number;
  /** How long `stop()` waits for the peer to close. */
  readonly stop: number;
}

export const defaultTimeouts: AmiTimeouts = {
  connect: 5_000,
  boot: 60_000,
  action: 5_000,
  list: 30_000,
  keepAlive: 10_000,
  ping: 5_000,
  stable: 10_000,
  stop: 1_000,
};

export const defaultSessionLimits: SessionLimits = { pendingActions: 100, listItems: 200_000 };

export const defaultBackoff: BackoffOptions = { initial: 250, maximum: 30_000 };
export const defaultRejectedBackoff: BackoffOptions = { initial: 10_000, maximum: 300_000, minimum: 5_000 };
