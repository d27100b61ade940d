import type { Duplex } from "node:stream";
import type { Clock, Timer } from "../sip/clock";
import { AmiError } from "./errors";
import type { AmiMessage } from "./message";
import { type AmiClientOptions, type AmiTimeouts, defaultSessionLimits } from "./options";
import { defaultLimits } from "./parser";
import { AmiSession } from "./session";

export interface ConnectionHandler {
  connected(): void;
  ready(): void;
  event(message: AmiMessage): void;
  /** Called once, after which nothing else is; also when the connection never stood. */
  closed(error: AmiError): void;
}

/** One byte stream to Asterisk with its session: opened, logged in, kept alive, closed. Never opened again. */
export class Connection {
  readonly session: AmiSession;
  readonly #timers = new Set<Timer>();
  #connected = false;
  #closed = false;
  #heard = false;

  constructor(
    private readonly stream: Duplex,
    private readonly options: AmiClientOptions,
    private readonly timeouts: AmiTimeouts,
    private readonly clock: Clock,
    private readonly handler: ConnectionHandler,
  ) {
    const limits = { ...defaultLimits, ...defaultSessionLimits, ...options.limits };
    const session = {
      write: (text: string) => void stream.write(text),
      event: (message: AmiMessage) => handler.event(message),
      fault: (error: AmiError) => this.#close(error),
    };
    this.session = new AmiSession(session, clock, limits, limits);
    const where = `${options.host}:${options.port}`;
    const deadline = this.after(timeouts.connect, () =>
      this.#close(AmiError.timeout(`TCP connection to ${where}`, timeouts.connect)),
    );
    stream.once("connect", () => {
      deadline.cancel();
      this.#connected = true;
      if (!this.#closed) void this.#login();
    });
    stream.on("data", (chunk: Buffer) => {
      this.#heard = true;
      this.session.receive(chunk);
    });
    stream.on("error", (error) => this.#close(AmiError.connection(`${where}: ${error.message}`)));
    stream.on("close", () => this.#close(AmiError.connection(`${where} closed the connection`)));
  }

  /** A timer that ends with the connection. */
  after(milliseconds: number, action: () => void): Timer {
    const timer = this.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
    return timer;
  }

  /** Ends the connection without a word to the handler; resolves when the peer has closed or the time is up. */
  async stop(milliseconds: number): Promise<void> {
    if (this.#closed) return;
    this.#end(AmiError.stopped());
    if (!this.#connected) {
      this.stream.destroy();
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = this.clock.after(milliseconds, () => {
        this.stream.destroy();
        resolve();
      });
      this.stream.once("close", () => {
        timer.cancel();
        resolve();
      });
      this.stream.end("Action: Logoff\r\n\r\n");
    });
  }

  async #login(): Promise<void> {
    this.handler.connected();
    const { username, secret, plainText = false } = this.options;
    const events = [...new Set(["system", ...(this.options.events ?? [])])];
    try {
      await this.session.login(
        { username, secret, plainText },
        events,
        this.timeouts.action,
        this.timeouts.boot,
      );
    } catch (error) {
      if (!(error instanceof AmiError)) throw error;
      this.#close(error);
      return;
    }
    if (this.#closed) return;
    this.#watch();
    this.handler.ready();
  }

  /** Asks for a sign of life after a silence: a peer that vanished without a FIN sends nothing, for ever. */
  #watch(): void {
    this.#heard = false;
    this.after(this.timeouts.keepAlive, () => {
      if (this.#heard) this.#watch();
      else void this.#ping();
    });
  }

  async #ping(): Promise<void> {
    try {
      await this.session.action("Ping", undefined, this.timeouts.ping);
      this.#watch();
    } catch (error) {
      if (error instanceof AmiError) this.#close(error);
      else throw error;
    }
  }

  #close(error: AmiError): void {
    if (this.#closed) return;
    this.#end(error);
    this.stream.destroy();
    this.handler.closed(error);
  }

  #end(error: AmiError): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.session.close(error);
  }
}
