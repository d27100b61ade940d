import { EventEmitter } from "node:events";
import { createConnection } from "node:net";
import { type Clock, systemClock, type Timer } from "../sip/clock";
import { Backoff } from "./backoff";
import { Connection } from "./connection";
import { AmiError } from "./errors";
import type { AmiHeaders, AmiMessage } from "./message";
import {
  type AmiClientOptions,
  type AmiTimeouts,
  defaultBackoff,
  defaultRejectedBackoff,
  defaultTimeouts,
} from "./options";
import {
  type Contact,
  type ContactStatusEvent,
  type OutboundRegistration,
  type RegistryEvent,
  readContact,
  readContactStatus,
  readOutboundRegistration,
  readRegistry,
} from "./pjsip";
import type { AmiSession, ItemReader } from "./session";
import { type AmiState, transition } from "./states";

export interface AmiClientEvents {
  /** A session stands. Comes after every reconnect: take your snapshots again. */
  ready: [];
  /** The session that was ready is gone; what was learnt by it may be stale. */
  lost: [error: AmiError];
  /** No session could be had, or it was lost; the next try is in so many milliseconds. */
  waiting: [error: AmiError, milliseconds: number];
  state: [state: AmiState, previous: AmiState];
  /** Every event that is no item of a list, as it came. */
  event: [message: AmiMessage];
  contactStatus: [event: ContactStatusEvent];
  registry: [event: RegistryEvent];
}

/** A connection to Asterisk's manager interface that comes back by itself. See `index.ts` for its use. */
export class AmiClient extends EventEmitter<AmiClientEvents> {
  readonly #options: AmiClientOptions;
  readonly #timeouts: AmiTimeouts;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #rejectedBackoff: Backoff;
  #state: AmiState = "disconnected";
  #connection?: Connection;
  #retry?: Timer;
  #lastError?: AmiError;

  constructor(options: AmiClientOptions) {
    super();
    this.#options = options;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    this.#backoff = new Backoff(options.backoff ?? defaultBackoff, random);
    this.#rejectedBackoff = new Backoff(options.rejectedBackoff ?? defaultRejectedBackoff, random);
  }

  get state(): AmiState {
    return this.#state;
  }

  /** Why there is no session; undefined while there is one. */
  get lastError(): AmiError | undefined {
    return this.#lastError;
  }

  /** Connects, and connects again after every loss, until `stop()`. */
  start(): void {
    if (this.#state === "disconnected") this.#connect();
  }

  /** Logs off and closes. Actions under way are rejected with AMI_STOPPED. Bounded by `timeouts.stop`. */
  async stop(): Promise<void> {
    if (this.#state === "disconnected") return;
    this.#retry?.cancel();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#enter("disconnected");
    await connection?.stop(this.#timeouts.stop);
  }

  /**
   * Sends an action and gives Asterisk's response. An array makes one header per element.
   * @throws AmiActionError when Asterisk answers with an error
   * @throws AmiError see `AmiErrorCode`; nothing is queued while there is no session
   */
  async action(
    action: string,
    headers?: AmiHeaders,
    options: { timeout?: number } = {},
  ): Promise<AmiMessage> {
    return this.#session(action).action(action, headers, options.timeout ?? this.#timeouts.action);
  }

  /**
   * Sends a list action and gives what `read` made of its items; it is called as they come, so raw items are not
   * kept. An answer "No ... found" is an empty list.
   */
  async list<T>(
    action: string,
    headers: AmiHeaders | undefined,
    read: ItemReader<T>,
    options: { timeout?: number } = {},
  ): Promise<T[]> {
    return this.#session(action).list(action, headers, read, options.timeout ?? this.#timeouts.list);
  }

  /** Every dynamic contact that Asterisk holds (`PJSIPShowContacts`, write class `system`). */
  listContacts(): Promise<Contact[]> {
    return this.list("PJSIPShowContacts", undefined, readContact);
  }

  /** Every outbound registration (`PJSIPShowRegistrationsOutbound`, write class `system` or `reporting`). */
  listOutboundRegistrations(): Promise<OutboundRegistration[]> {
    return this.list("PJSIPShowRegistrationsOutbound", undefined, readOutboundRegistration);
  }

  #session(action: string): AmiSession {
    const allowed = this.#options.allowedActions;
    if (allowed !== undefined && !allowed.some((name) => name.toLowerCase() === action.toLowerCase())) {
      throw AmiError.notAllowed(action, allowed);
    }
    if (this.#state !== "ready" || this.#connection === undefined) {
      throw AmiError.notReady(action, this.#state);
    }
    return this.#connection.session;
  }

  #connect(): void {
    this.#enter("connecting");
    const { host, port } = this.#options;
    const connection = new Connection(
      this.#options.connect?.() ?? createConnection({ host, port }),
      this.#options,
      this.#timeouts,
      this.#clock,
      {
        connected: () => this.#enter("authenticating"),
        ready: () => this.#ready(connection),
        event: (message) => this.#event(message),
        closed: (error) => this.#closed(error, connection),
      },
    );
    this.#connection = connection;
  }

  #ready(connection: Connection): void {
    this.#lastError = undefined;
    this.#rejectedBackoff.reset();
    connection.after(this.#timeouts.stable, () => this.#backoff.reset());
    this.#enter("ready");
    // A listener may have stopped the client.
    if (this.#connection === connection) this.emit("ready");
  }

  #closed(error: AmiError, connection: Connection): void {
    if (connection !== this.#connection) return;
    const wasReady = this.#state === "ready";
    this.#connection = undefined;
    this.#lastError = error;
    const delay = (error.code === "AMI_LOGIN" ? this.#rejectedBackoff : this.#backoff).next();
    this.#retry = this.#clock.after(delay, () => this.#connect());
    this.#enter("waiting");
    if (wasReady) this.emit("lost", error);
    // A listener may have stopped the client.
    if (this.#state === "waiting") this.emit("waiting", error, delay);
  }

  #event(message: AmiMessage): void {
    this.emit("event", message);
    const contactStatus = readContactStatus(message);
    if (contactStatus !== undefined) this.emit("contactStatus", contactStatus);
    const registry = readRegistry(message);
    if (registry !== undefined) this.emit("registry", registry);
  }

  #enter(state: AmiState): void {
    const previous = this.#state;
    this.#state = transition(previous, state);
    this.emit("state", state, previous);
  }
}
