import type { Delta } from "../logic/messages";

export interface StreamListener {
  started(version: string): void;
  delta(delta: Delta): void;
  reset(): void;
  /** The server's clock, in milliseconds since 1970. */
  clock(now: number): void;
  connected(): void;
  /** Not any more, or not yet: it is tried again by itself. */
  lost(): void;
}

/** Milliseconds without a sign of life, of which the server gives one every 15 s. */
const silence = 40_000;

/** Milliseconds after which a page that nobody sees lets its connection go. */
const unseen = 60_000;

/** Milliseconds between two tries: doubled with each failure. */
const wait = { first: 1_000, longest: 30_000 };

/** The server's events, for as long as the page is there; opened anew whenever they have ended. */
export class EventStream {
  #source?: EventSource;
  #watchdog?: ReturnType<typeof setTimeout>;
  #again?: ReturnType<typeof setTimeout>;
  #leave?: ReturnType<typeof setTimeout>;
  #failures = 0;

  constructor(
    private readonly listener: StreamListener,
    /** Up to where the page has everything. */
    private readonly since: () => string | undefined,
  ) {
    document.addEventListener("visibilitychange", () => this.#seen(!document.hidden));
    addEventListener("online", () => this.open());
  }

  open(): void {
    this.#close();
    const since = this.since();
    const source = new EventSource(
      since === undefined ? "./events" : `./events?since=${encodeURIComponent(since)}`,
    );
    this.#source = source;
    const on = <T>(name: string, take: (data: T) => void) =>
      source.addEventListener(name, (event) => {
        this.#alive();
        take(JSON.parse((event as MessageEvent<string>).data) as T);
      });
    on<{ version: string }>("version", ({ version }) => this.listener.started(version));
    on<Delta>("delta", (delta) => this.listener.delta(delta));
    on("reset", () => this.listener.reset());
    on<{ now: string }>("alive", ({ now }) => this.listener.clock(Date.parse(now)));
    source.addEventListener("open", () => {
      this.#failures = 0;
      this.#alive();
      this.listener.connected();
    });
    source.addEventListener("error", () => this.#failed());
    this.#alive();
  }

  #alive(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#failed(), silence);
  }

  /** The browser would try again by itself, but not after an answer such as 502; so it is done here. */
  #failed(): void {
    this.#close();
    this.listener.lost();
    const longest = Math.min(wait.longest, wait.first * 2 ** this.#failures++);
    this.#again = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }

  /** A browser has six connections for a site: tabs in the background must not take them all. */
  #seen(visible: boolean): void {
    clearTimeout(this.#leave);
    if (!visible) this.#leave = setTimeout(() => this.#close(), unseen);
    else if (this.#source === undefined) this.open();
  }

  #close(): void {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = undefined;
  }
}
