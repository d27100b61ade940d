import { EventEmitter } from "node:events";
import { Backoff } from "../ami";
import { type Clock, systemClock, type Timer } from "../sip/clock";
import { type AriAddress, readAddress } from "./address";
import { Connection } from "./connection";
import { AriError } from "./errors";
import type { AriEvent, AriMessage, UnknownAriEvent } from "./events";
import { Http } from "./http";
import { type MadeBridge, type MadeChannel, Making } from "./making";
import type { Bridge, Channel } from "./models";
import {
  type AriClientOptions,
  type AriLimits,
  type AriTimeouts,
  defaultBackoff,
  defaultLimits,
  defaultRejectedBackoff,
  defaultTimeouts,
} from "./options";
import { Resources } from "./resources";
import type { Snapshot } from "./snapshot";
import { type AriState, transition } from "./states";

export interface AriClientEvents {
  /** Events come, and this is what stood when they began to. Comes after every reconnect. */
  ready: [snapshot: Snapshot];
  /** The connection that was ready is gone: events are missed from here to the next `ready`. */
  lost: [error: AriError];
  /** No connection could be had, or it was lost; the next try is in so many milliseconds. */
  waiting: [error: AriError, milliseconds: number];
  state: [state: AriState, previous: AriState];
  event: [event: AriEvent];
  /** An event of a type that `AriEvent` doesn't have. */
  unknownEvent: [event: UnknownAriEvent];
  /** An event that is not what its type must be, which nobody gets to see. */
  malformed: [error: AriError];
}

/** A connection to Asterisk's REST interface that comes back by itself. See `index.ts` for its use. */
export class AriClient extends EventEmitter<AriClientEvents> {
  readonly channels: Resources["channels"];
  readonly bridges: Resources["bridges"];
  readonly endpoints: Resources["endpoints"];
  readonly recordings: Resources["recordings"];
  readonly playbacks: Resources["playbacks"];
  readonly applications: Resources["applications"];
  readonly asterisk: Resources["asterisk"];
  readonly #options: AriClientOptions;
  readonly #address: AriAddress;
  readonly #authorization: string;
  readonly #timeouts: AriTimeouts;
  readonly #limits: AriLimits;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #rejectedBackoff: Backoff;
  readonly #http: Http;
  readonly #resources: Resources;
  readonly #making: Making;
  #state: AriState = "disconnected";
  #connection?: Connection;
  #retry?: Timer;
  #lastError?: AriError;
  #lastStart?: string;

  /** @throws AriError ARI_VALUE when an option can't be used */
  constructor(options: AriClientOptions) {
    super();
    checkNames(options);
    this.#options = options;
    this.#address = readAddress(options.url);
    const credentials = Buffer.from(`${options.username}:${options.secret}`).toString("base64");
    this.#authorization = `Basic ${credentials}`;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    const random = options.random ?? Math.random;
    this.#backoff = new Backoff(options.backoff ?? defaultBackoff, random);
    this.#rejectedBackoff = new Backoff(options.rejectedBackoff ?? defaultRejectedBackoff, random);
    this.#making = new Making(this.#timeouts, this.#clock, random);
    this.#http = new Http({
      address: this.#address,
      username: options.username,
      authorization: this.#authorization,
      timeouts: this.#timeouts,
      limits: this.#limits,
      clock: this.#clock,
    });
    this.#resources = new Resources(this.#http, options.app);
    ({
      channels: this.channels,
      bridges: this.bridges,
      endpoints: this.endpoints,
      recordings: this.recordings,
      playbacks: this.playbacks,
      applications: this.applications,
      asterisk: this.asterisk,
    } = this.#resources);
  }

  get state(): AriState {
    return this.#state;
  }

  /** Why there is no connection; undefined while there is one. */
  get lastError(): AriError | undefined {
    return this.#lastError;
  }

  /** Connects, and connects again after every loss, until `stop()`. Requests can be made from now on. */
  start(): void {
    if (this.#state !== "disconnected") return;
    this.#http.open();
    this.#connect();
  }

  /** Closes. Requests and downloads under way end with ARI_STOPPED. Bounded by `timeouts.stop`. */
  async stop(): Promise<void> {
    if (this.#state === "disconnected") return;
    this.#retry?.cancel();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#http.close(AriError.stopped());
    this.#making.stop();
    this.#enter("disconnected");
    await connection?.stop(this.#timeouts.stop);
  }

  /**
   * Makes a channel by a request with this id, and finds out what became of it when its answer is lost: whether the
   * channel is there, has ended already, or is not there.
   *
   *     const id = newId("campaign");
   *     const made = await ari.makeChannel(id, () => ari.channels.originate({ channelId: id, ... }));
   *
   * @throws AriError as the request, when it was refused or not sent; with `outcomeUnknown` when it could not be found
   * out within `timeouts.outcome`
   */
  makeChannel(id: string, request: () => Promise<Channel>): Promise<MadeChannel> {
    return this.#making.make("channel", id, request, () => this.channels.get(id));
  }

  /** As `makeChannel`. */
  makeBridge(id: string, request: () => Promise<Bridge>): Promise<MadeBridge> {
    return this.#making.make("bridge", id, request, () => this.bridges.get(id));
  }

  #connect(): void {
    this.#enter("connecting");
    const connection = new Connection(
      {
        address: this.#address,
        username: this.#options.username,
        authorization: this.#authorization,
        app: this.#options.app,
        subscribeAll: this.#options.subscribeAll ?? false,
        timeouts: this.#timeouts,
        limits: this.#limits,
        clock: this.#clock,
        lastStart: this.#lastStart,
      },
      this.#resources,
      {
        listing: () => this.#enter("listing"),
        ready: (snapshot) => this.#ready(snapshot, connection),
        message: (message) => this.#message(message),
        malformed: (error) => this.emit("malformed", error),
        closed: (error) => this.#closed(error, connection),
      },
    );
    this.#connection = connection;
  }

  #ready(snapshot: Snapshot, connection: Connection): void {
    this.#lastError = undefined;
    this.#lastStart = snapshot.asterisk.status.startup_time;
    connection.after(this.#timeouts.stable, () => {
      this.#backoff.reset();
      this.#rejectedBackoff.reset();
    });
    this.#enter("ready");
    // A listener may have stopped the client.
    if (this.#connection === connection) this.emit("ready", snapshot);
  }

  #closed(error: AriError, connection: Connection): void {
    if (connection !== this.#connection) return;
    const wasReady = this.#state === "ready";
    this.#connection = undefined;
    this.#lastError = error;
    const rejected = error.code === "ARI_LOGIN" || error.code === "ARI_REPLACED";
    const delay = (rejected ? this.#rejectedBackoff : this.#backoff).next();
    this.#retry = this.#clock.after(delay, () => this.#connect());
    this.#enter("waiting");
    if (wasReady) this.emit("lost", error);
    // A listener may have stopped the client.
    if (this.#state === "waiting") this.emit("waiting", error, delay);
  }

  #message(message: AriMessage): void {
    if (message.known) {
      this.#making.event(message.event);
      this.emit("event", message.event);
    } else {
      this.emit("unknownEvent", message.event);
    }
  }

  #enter(state: AriState): void {
    const previous = this.#state;
    this.#state = transition(previous, state);
    this.emit("state", state, previous);
  }
}

function checkNames({ username, secret, app }: AriClientOptions): void {
  // Basic authentication (RFC 7617) ends the name at the first colon.
  if (!/^[^:\p{Cc}]+$/u.test(username)) throw AriError.value("username", "must be a name without a colon");
  if (!/^\P{Cc}+$/u.test(secret)) throw AriError.value("secret", "must be a text of one line");
  if (!/^[\w.-]{1,64}$/.test(app)) {
    throw AriError.value(`app ${JSON.stringify(app)}`, "must be up to 64 letters, digits and any of - _ .");
  }
}
