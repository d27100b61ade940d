import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type RawData, WebSocket } from "ws";
import type { Clock, Timer } from "../sip/clock";
import { type AriAddress, query } from "./address";
import { collect, readAnswer } from "./answer";
import { AriError, wordsOf } from "./errors";
import { type AriMessage, readEvent } from "./events";
import type { AriLimits, AriTimeouts } from "./options";
import type { Resources } from "./resources";
import { type Snapshot, takeSnapshot } from "./snapshot";

export interface ConnectionOptions {
  readonly address: AriAddress;
  readonly username: string;
  /** The header. A key in the address would stand in logs. */
  readonly authorization: string;
  readonly app: string;
  readonly subscribeAll: boolean;
  readonly timeouts: AriTimeouts;
  readonly limits: AriLimits;
  readonly clock: Clock;
  /** When Asterisk had started that the client was connected to before. */
  readonly lastStart: string | undefined;
}

export interface ConnectionHandler {
  /** The WebSocket stands. */
  listing(): void;
  ready(snapshot: Snapshot): void;
  /** Only after `ready`; those that came before it come now, in their order. */
  message(message: AriMessage): void;
  malformed(error: AriError): void;
  /** Called once, after which nothing else is; also when the connection never stood. */
  closed(error: AriError): void;
}

const PROOF = "connection-proof";

/**
 * One WebSocket for an application's events: opened, proven to bring events, kept alive, closed. Never opened again.
 *
 * It subscribes first and lists then, so that nothing falls between: what is not in the list comes as an event, and what
 * is in the list may come as an event again.
 */
export class Connection {
  readonly #socket: WebSocket;
  readonly #timers = new Set<Timer>();
  readonly #proof = randomUUID();
  #proven = () => {};
  #held: AriMessage[] | undefined = [];
  #opened = false;
  #closed = false;
  #heardAt: number;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly resources: Resources,
    private readonly handler: ConnectionHandler,
  ) {
    const { address, authorization, app, subscribeAll, timeouts, limits, clock } = options;
    this.#heardAt = clock.now();
    this.#socket = new WebSocket(
      `${address.url.replace(/^http/, "ws")}/events${query({ app, subscribeAll })}`,
      { headers: { Authorization: authorization }, maxPayload: limits.message, perMessageDeflate: false },
    );
    const deadline = this.after(timeouts.connect, () =>
      this.#close(AriError.timeout(`WebSocket to ${address.url}`, timeouts.connect)),
    );
    this.#socket.on("open", () => {
      deadline.cancel();
      this.#opened = true;
      if (!this.#closed) void this.#begin();
    });
    this.#socket.on("message", (data) => this.#message(data));
    this.#socket.on("ping", () => this.#heard());
    this.#socket.on("pong", () => this.#heard());
    this.#socket.on("unexpected-response", (_, response) => void this.#refused(response));
    this.#socket.on("error", (error) => this.#close(this.#explain(error)));
    this.#socket.on("close", (code) =>
      this.#close(AriError.connection(`${address.url} closed the WebSocket (${code})`)),
    );
  }

  /** A timer that ends with the connection. */
  after(milliseconds: number, action: () => void): Timer {
    const timer = this.options.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
    return timer;
  }

  /** Ends the connection without a word to the handler; resolves when Asterisk has closed or the time is up. */
  async stop(milliseconds: number): Promise<void> {
    if (this.#closed) return;
    this.#end();
    if (!this.#opened) {
      this.#socket.terminate();
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = this.options.clock.after(milliseconds, () => this.#socket.terminate());
      this.#socket.once("close", () => {
        timer.cancel();
        resolve();
      });
      this.#socket.close(1000);
    });
  }

  async #begin(): Promise<void> {
    const { subscribeAll, lastStart, timeouts } = this.options;
    this.handler.listing();
    let snapshot: Snapshot;
    try {
      // Asterisk ignores the address's subscribeAll while channels from before keep the application alive.
      if (subscribeAll) await this.resources.applications.subscribe("channel:", "bridge:", "endpoint:");
      await this.#prove();
      snapshot = await takeSnapshot(this.resources, lastStart);
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      this.#close(error);
      return;
    }
    if (this.#closed) return;
    this.#watch();
    this.after(timeouts.stable, () => void this.#proveAgain());
    this.handler.ready(snapshot);
    const held = this.#held ?? [];
    this.#held = undefined;
    // A listener may stop the client.
    for (const message of held) if (!this.#closed) this.handler.message(message);
  }

  /**
   * Has an event made and waits for it. Where a connection is made while Asterisk still tidies up after the one before,
   * it may unsubscribe the new one with the old one, which then looks well and stays silent for ever: so did 4 to 27 of
   * 400 that were made within 3 ms of a cut.
   */
  async #prove(): Promise<void> {
    const { app, timeouts } = this.options;
    const heard = new Promise<void>((resolve) => {
      this.#proven = resolve;
    });
    await this.resources.applications.sendUserEvent(PROOF, { id: this.#proof });
    await new Promise<void>((resolve, reject) => {
      const timer = this.after(timeouts.proof, () => reject(AriError.deaf(app, timeouts.proof)));
      void heard.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Asterisk may tidy up even after the first proof. A request that fails for another reason proves nothing. */
  async #proveAgain(): Promise<void> {
    try {
      await this.#prove();
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      if (error.code === "ARI_DEAF" || error.code === "ARI_NOT_FOUND") this.#close(error);
    }
  }

  #message(data: RawData): void {
    if (this.#closed) return;
    this.#heard();
    let message: AriMessage;
    try {
      message = readEvent(String(data));
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      this.handler.malformed(error);
      return;
    }
    const { event } = message;
    const { app, limits } = this.options;
    if (message.known && message.event.type === "ApplicationReplaced") this.#close(AriError.replaced(app));
    else if (event.type === "ChannelUserevent" && event.eventname === PROOF) this.#readProof(message);
    else if (this.#held === undefined) this.handler.message(message);
    else if (this.#held.length < limits.heldEvents) this.#held.push(message);
    else this.#close(AriError.limit("the number of events while all was listed", limits.heldEvents));
  }

  #readProof(message: AriMessage): void {
    const { event, known } = message;
    if (known && event.type === "ChannelUserevent" && event.userevent.id === this.#proof) this.#proven();
  }

  #heard(): void {
    this.#heardAt = this.options.clock.now();
  }

  /**
   * Asks for a sign of life after a silence. Not only a vanished Asterisk sends nothing for ever: when its writes have
   * waited for 100 ms because nobody read, it gives the connection up without closing it.
   */
  #watch(): void {
    const { clock, timeouts } = this.options;
    const silence = clock.now() - this.#heardAt;
    if (silence >= timeouts.keepAlive) this.#ping();
    else this.after(timeouts.keepAlive - silence, () => this.#watch());
  }

  #ping(): void {
    const { clock, timeouts } = this.options;
    const sentAt = clock.now();
    this.#socket.ping();
    // Where this process was busy all the time, the pong is among what it has not read yet.
    this.after(timeouts.ping, () =>
      setImmediate(() => {
        if (this.#closed) return;
        if (this.#heardAt < sentAt) this.#close(AriError.timeout("ping of the WebSocket", timeouts.ping));
        else this.#watch();
      }),
    );
  }

  /** An answer without a WebSocket. */
  async #refused(response: IncomingMessage): Promise<void> {
    const what = "GET /events";
    try {
      const body = await collect(response, what, this.options.limits.message);
      readAnswer("GET", "/events", response, body, this.options.username);
      throw AriError.notAri(what, `status ${response.statusCode} and no WebSocket`);
    } catch (error) {
      this.#close(this.#explain(error));
    }
  }

  #explain(cause: unknown): AriError {
    if (cause instanceof AriError) return cause;
    const { address, limits } = this.options;
    const tooLarge = (cause as { code?: unknown }).code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    if (tooLarge) return AriError.limit("an event in bytes", limits.message);
    return AriError.connection(`WebSocket to ${address.url}: ${wordsOf(cause)}`);
  }

  #close(error: AriError): void {
    if (this.#closed) return;
    this.#end();
    this.#socket.terminate();
    this.handler.closed(error);
  }

  #end(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
