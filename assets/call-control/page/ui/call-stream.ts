import { Backoff } from "../../../../lib/ami/backoff";
import { EventParser } from "../logic/event-parser";
import type { Alive, Change, Gone, Snapshot } from "../logic/messages";
import type { Api } from "./api";

export interface StreamListener {
  snapshot(snapshot: Snapshot): void;
  change(change: Change): void;
  gone(gone: Gone): void;
  alive(alive: Alive): void;
  /** Not connected any more, or not yet: it is tried again by itself. */
  lost(reason: string): void;
}

/** Milliseconds without a sign of life, of which the server gives one every 15 s. */
const silence = 40_000;

/** Milliseconds after which a page that nobody sees lets its connection go. */
const unseen = 60_000;

/** The live calls, for as long as the page is there; asked for anew whenever the stream has ended. */
export class CallStream {
  readonly #backoff = new Backoff({ initial: 2_000, maximum: 30_000, minimum: 500 }, Math.random);
  #abort?: AbortController;
  #watchdog?: ReturnType<typeof setTimeout>;
  #again?: ReturnType<typeof setTimeout>;
  #leave?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly api: Api,
    private readonly listener: StreamListener,
  ) {
    document.addEventListener("visibilitychange", () => this.#seen(!document.hidden));
    addEventListener("online", () => this.open());
  }

  open(): void {
    this.#close();
    const abort = new AbortController();
    this.#abort = abort;
    this.#alive(abort);
    this.#read(abort).catch((error: Error) => {
      // Another one has been opened, or this one was closed on purpose.
      if (this.#abort === abort) this.#failed(error.message);
    });
  }

  async #read(abort: AbortController): Promise<never> {
    const response = await this.api.events(abort.signal);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) throw new Error("The server sends nothing.");
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#abort !== abort) throw new Error("closed");
      if (done) throw new Error("The server has ended the connection.");
      this.#alive(abort);
      for (const { name, data } of parser.push(value)) this.#event(name, data);
    }
  }

  #event(name: string, data: string): void {
    switch (name) {
      case "snapshot":
        this.#backoff.reset();
        this.listener.snapshot(JSON.parse(data) as Snapshot);
        break;
      case "change":
        this.listener.change(JSON.parse(data) as Change);
        break;
      case "gone":
        this.listener.gone(JSON.parse(data) as Gone);
        break;
      case "alive":
        this.listener.alive(JSON.parse(data) as Alive);
        break;
    }
  }

  #alive(abort: AbortController): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      if (this.#abort === abort) this.#failed("The connection is silent.");
    }, silence);
  }

  #failed(reason: string): void {
    this.#close();
    this.listener.lost(reason);
    this.#again = setTimeout(() => this.open(), this.#backoff.next());
  }

  /** A browser has six connections for a site: tabs in the background must not take them all. */
  #seen(visible: boolean): void {
    clearTimeout(this.#leave);
    if (!visible) this.#leave = setTimeout(() => this.#rest(), unseen);
    else if (this.#abort === undefined) this.open();
  }

  #rest(): void {
    this.#close();
    this.listener.lost("The page was not looked at.");
  }

  #close(): void {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#again);
    const abort = this.#abort;
    this.#abort = undefined;
    abort?.abort();
  }
}
