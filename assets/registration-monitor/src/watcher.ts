import { AmiClient, Backoff, type ContactStatusEvent, type RegistryEvent } from "../../../lib/ami";
import type { Logger } from "../../../lib/service";
import type { MonitorConfig } from "./config";
import type { Picture } from "./picture";
import type { Registrations } from "./registrations";

/** What the watcher knows about its own sight of Asterisk. */
export interface Sight {
  /** Whether the rows show what Asterisk says now. */
  readonly live: boolean;
  /** State of the AMI client, or `syncing` while the first picture of a session is awaited. */
  readonly state: string;
  /** Why it is not live, or what failed since. */
  readonly reason: string | null;
}

/** Is told what comes of watching. */
export interface WatcherListener {
  /** The rows show what Asterisk says, from now on. */
  sighted(): void;
  /** They don't any more. */
  lost(reason: string): void;
  /** A picture was taken, or was not. */
  looked(failure: Error | undefined, seconds: number): void;
}

export type TakePicture = (signal: AbortSignal) => Promise<Picture>;

type Heard = { readonly contact: ContactStatusEvent } | { readonly registry: RegistryEvent };

/** Events that may wait for a picture; so many in the seconds that it takes would be a fault elsewhere. */
const maxWaiting = 100_000;

/** After this many reconcile intervals without a picture the rows are no longer called live. */
const staleAfter = 3;

/** Asterisk is on the same host: there is no crowd of clients to spread, and its return should be seen soon. */
const amiBackoff = { initial: 250, maximum: 5_000 };

/**
 * Keeps `Registrations` true: a picture when a session of AMI stands, events from then on, and a picture at every
 * interval. Events that come while a picture is taken wait for it and are applied on top, because the picture may be
 * older than they are.
 */
export class Watcher {
  readonly #ami: AmiClient;
  readonly #backoff: Backoff;
  #session?: AbortController;
  #waiting?: Heard[];
  #synced = false;
  #lastPicture = 0;
  #failure: string | null = null;
  #said?: string;
  #timer?: NodeJS.Timeout;

  constructor(
    private readonly config: MonitorConfig,
    private readonly registrations: Registrations,
    private readonly takePicture: TakePicture,
    private readonly log: Logger,
    private readonly listener: WatcherListener,
  ) {
    const pictureBackoff = { initial: 1_000, maximum: config.reconcileInterval * 1_000, minimum: 200 };
    this.#backoff = new Backoff(pictureBackoff, Math.random);
    // The monitor only watches: its session can log in, ping and log off, and nothing else.
    this.#ami = new AmiClient({ ...config.ami, backoff: amiBackoff, allowedActions: [] });
    this.#ami.on("ready", () => this.#begin());
    this.#ami.on("lost", (error) => this.#end(error.message));
    this.#ami.on("waiting", (error) => this.#say(`AMI: ${error.message}`));
    this.#ami.on("contactStatus", (contact) => this.#hear({ contact }));
    this.#ami.on("registry", (registry) => this.#hear({ registry }));
  }

  get sight(): Sight {
    const state = this.#ami.state;
    if (state !== "ready") {
      const reason = this.#ami.lastError?.message ?? "the first connection to AMI is under way";
      return { live: false, state, reason };
    }
    if (!this.#synced) {
      return { live: false, state: "syncing", reason: this.#failure ?? "the first picture is being taken" };
    }
    const age = Math.round((performance.now() - this.#lastPicture) / 1_000);
    if (age < staleAfter * this.config.reconcileInterval) return { live: true, state, reason: this.#failure };
    return { live: false, state, reason: this.#failure ?? `the last picture is ${age} s old` };
  }

  start(): void {
    this.#ami.start();
  }

  async stop(): Promise<void> {
    this.#close();
    await this.#ami.stop();
  }

  #begin(): void {
    this.log.info("AMI: connected, Asterisk is fully booted");
    this.#session = new AbortController();
    this.#backoff.reset();
    void this.#sync(this.#session.signal);
  }

  #end(reason: string): void {
    this.#close();
    this.registrations.lose();
    this.listener.lost(reason);
    this.log.warn(`AMI: connection lost (${reason}); the state of all DNs is unknown`);
    this.#said = `AMI: ${reason}`;
  }

  #close(): void {
    this.#session?.abort();
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    this.#synced = false;
    this.#failure = null;
  }

  async #sync(signal: AbortSignal): Promise<void> {
    this.#waiting = [];
    let wait = this.config.reconcileInterval * 1_000;
    const started = performance.now();
    const looked = (failure?: Error) => this.listener.looked(failure, (performance.now() - started) / 1_000);
    try {
      const picture = await this.takePicture(signal);
      if (signal.aborted) return;
      looked();
      this.#apply(picture);
    } catch (error) {
      if (signal.aborted) return;
      looked(error as Error);
      wait = this.#fail((error as Error).message);
    }
    this.#timer = setTimeout(() => void this.#sync(signal), wait);
  }

  #apply(picture: Picture): void {
    const first = !this.#synced;
    this.#synced = true;
    this.#failure = null;
    this.#said = undefined;
    this.#lastPicture = performance.now();
    this.#backoff.reset();
    this.registrations.picture(picture);
    this.#replay();
    if (!first) return;
    this.log.info({ totals: this.registrations.totals() }, "the state of all DNs is known");
    this.listener.sighted();
  }

  /** Gives the wait until the next try. Without a first picture events are not taken: they'd be the only rows. */
  #fail(reason: string): number {
    this.#say(`picture of Asterisk: ${reason}`);
    this.#failure = reason;
    if (this.#synced) this.#replay();
    return this.#backoff.next();
  }

  /** Says once why it tries again and again. */
  #say(trouble: string): void {
    if (trouble !== this.#said) this.log.warn(`${trouble}; trying again until it works`);
    this.#said = trouble;
  }

  #replay(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const heard of waiting) this.#take(heard);
  }

  #hear(heard: Heard): void {
    if (this.#waiting === undefined) this.#take(heard);
    else if (this.#waiting.length < maxWaiting) this.#waiting.push(heard);
  }

  #take(heard: Heard): void {
    if ("contact" in heard) this.registrations.contactStatus(heard.contact);
    else this.registrations.registry(heard.registry);
  }
}
