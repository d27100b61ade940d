import { Backoff } from "../../../../lib/ami/backoff";

/** The way to the server, and whether it knows us. */
export type Line =
  /** Nobody is signed in. `why`: what ended it, when it was not the user. */
  | { readonly at: "off"; readonly why?: string }
  | { readonly at: "connecting" }
  | { readonly at: "registering" }
  | { readonly at: "registered" }
  /** Until the next attempt, at `until` (milliseconds since 1970). */
  | { readonly at: "waiting"; readonly until: number; readonly why: string };

/** What the line makes happen. Answers come back as calls of its methods. */
export interface LineActions {
  connect(): void;
  /** Gives the connection up, also one that is not open yet. No `disconnected` comes of it. */
  disconnect(): void;
  register(): void;
}

export interface LineTime {
  now(): number;
  /** Returns what cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
  /** 0 to 1, 1 excluded. */
  random(): number;
}

/** Milliseconds for the WebSocket to open: a host that swallows packets would take minutes to fail. */
const CONNECT_DEADLINE = 10_000;

/** Milliseconds for an answer to REGISTER, above the transaction's own 32 seconds (RFC 3261 17.1.2.2, timer F). */
const REGISTER_DEADLINE = 35_000;

/** Milliseconds. Full jitter: a thousand phones that lost the same server don't come back in the same second. */
const BACKOFF = { initial: 1_000, maximum: 30_000, minimum: 500 };

/** What a wrong password gets, at Asterisk and at the edge's limit of guesses. */
const CREDENTIALS_REFUSED = [401, 403, 407];

/**
 * Keeps the phone registered from signing in to signing out: connect, register, and after every loss again, with
 * backoff. Only a password that was never accepted ends it, because trying it again would count as guessing.
 */
export class LineKeeper {
  #line: Line = { at: "off" };
  #isConnected = false;
  #wasRegistered = false;
  #cancelTimer = () => {};
  readonly #backoff: Backoff;

  constructor(
    private readonly actions: LineActions,
    private readonly time: LineTime,
    private readonly onChange: (line: Line) => void,
  ) {
    this.#backoff = new Backoff(BACKOFF, () => time.random());
  }

  get line(): Line {
    return this.#line;
  }

  signIn(): void {
    if (this.#line.at !== "off") return;
    this.#wasRegistered = false;
    this.#backoff.reset();
    this.#connect();
  }

  signOut(): void {
    this.#end();
  }

  /** The WebSocket is open. */
  connected(): void {
    if (this.#line.at !== "connecting") return;
    this.#isConnected = true;
    this.#register();
  }

  /** The WebSocket is closed, or could not be opened. */
  disconnected(why: string): void {
    this.#isConnected = false;
    if (this.#line.at === "off" || this.#line.at === "waiting") return;
    this.#wait(why);
  }

  registered(): void {
    if (this.#line.at !== "registering") return;
    this.#wasRegistered = true;
    this.#backoff.reset();
    this.#move({ at: "registered" });
  }

  /** @param status of the answer; undefined: there was none, so that the connection is taken for dead */
  registrationFailed(status: number | undefined, why: string): void {
    if (this.#line.at !== "registering" && this.#line.at !== "registered") return;
    if (status === undefined) {
      this.#drop();
      this.#wait(why);
    } else if (CREDENTIALS_REFUSED.includes(status) && !this.#wasRegistered) {
      this.#end(`The DN or the password is not accepted (${why}).`);
    } else {
      this.#wait(why);
    }
  }

  /** The browser says that the network is back: what waits goes on now, and what seems well is tried. */
  networkBack(): void {
    if (this.#line.at === "waiting") this.tryNow();
    else if (this.#line.at === "registered") this.actions.register();
  }

  /** Ends the wait. */
  tryNow(): void {
    if (this.#line.at !== "waiting") return;
    if (this.#isConnected) this.#register();
    else this.#connect();
  }

  #connect(): void {
    this.#move({ at: "connecting" });
    this.#expectWithin(CONNECT_DEADLINE, "no connection");
    this.actions.connect();
  }

  #register(): void {
    this.#move({ at: "registering" });
    this.#expectWithin(REGISTER_DEADLINE, "no answer to REGISTER");
    this.actions.register();
  }

  #expectWithin(milliseconds: number, failure: string): void {
    this.#cancelTimer = this.time.after(milliseconds, () => {
      this.#drop();
      this.#wait(`${failure} within ${milliseconds / 1000} seconds`);
    });
  }

  #wait(why: string): void {
    const milliseconds = this.#backoff.next();
    this.#move({ at: "waiting", until: this.time.now() + milliseconds, why });
    this.#cancelTimer = this.time.after(milliseconds, () => this.tryNow());
  }

  #end(why?: string): void {
    if (this.#line.at === "off") return;
    this.#isConnected = false;
    this.#move({ at: "off", ...(why !== undefined && { why }) });
  }

  #drop(): void {
    this.#isConnected = false;
    this.actions.disconnect();
  }

  #move(line: Line): void {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    this.#line = line;
    this.onChange(line);
  }
}
