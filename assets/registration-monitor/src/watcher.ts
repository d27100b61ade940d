import type { Logger } from "pino";
import {
  AmiClient,
  type AmiClientOptions,
  Backoff,
  type ContactStatusEvent,
  type RegistryEvent,
} from "../../../lib/ami";
import { type Clock, systemClock, type Timer } from "../../../lib/sip/clock";
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

export type TakePicture = (signal: AbortSignal) => Promise<Picture>;

type Heard = { readonly contact: ContactStatusEvent } | { readonly registry: RegistryEvent };

/** Events that may wait for a picture; so many in the seconds that it takes would be a fault elsewhere. */
const maxWaiting = 100_000;

/** After this many reconcile intervals without a picture the rows are no longer called live. */
const staleAfter = 3;

/**
 * Keeps `Registrations` true: a picture when a session of AMI stands, events from then on, and a picture at every
 * interval. Events that come while a picture is taken wait for it and are applied on top, because the picture may be
 * older than they are.
 */
export class Watcher {
  readonly #ami: AmiClient;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  #session?: AbortController;
  #waiting?: Heard[];
  #synced = false;
  #lastPicture = 0;
  #failure: string | null = null;
  #timer?: Timer;

  constructor(
    private readonly config: MonitorConfig,
    private readonly registrations: Registrations,
    private readonly takePicture: TakePicture,
    private readonly log: Logger,
    ami: Partial<AmiClientOptions> = {},
  ) {
    this.#clock = ami.clock ?? systemClock;
    this.#backoff = new Backoff(
      { initial: 1_000, maximum: config.reconcileInterval * 1_000, minimum: 200 },
      ami.random ?? Math.random,
    );
    // The monitor only watches: its session can log in, ping and log off, and nothing else.
    this.#ami = new AmiClient({ ...config.ami, events: ["system"], ...ami, allowedActions: [] });
    this.#ami.on("ready", () => this.#begin());
    this.#ami.on("lost", (error) => this.#end(error.message));
    this.#ami.on("waiting", (error, milliseconds) => {
      this.log.warn(`AMI: ${error.message}; trying again in ${(milliseconds / 1_000).toFixed(1)} s`);
    });
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
    const age = this.#clock.now() - this.#lastPicture;
    return { live: age < staleAfter * this.config.reconcileInterval * 1_000, state, reason: this.#failure };
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
    this.log.warn(`AMI: connection lost (${reason}); the state of all DNs is unknown`);
  }

  #close(): void {
    this.#session?.abort();
    this.#timer?.cancel();
    this.#waiting = undefined;
    this.#synced = false;
    this.#failure = null;
  }

  async #sync(signal: AbortSignal): Promise<void> {
    this.#waiting = [];
    let wait = this.config.reconcileInterval * 1_000;
    try {
      const picture = await this.takePicture(signal);
      if (signal.aborted) return;
      this.#apply(picture);
    } catch (error) {
      if (signal.aborted) return;
      wait = this.#fail((error as Error).message);
    }
    this.#timer = this.#clock.after(wait, () => void this.#sync(signal));
  }

  #apply(picture: Picture): void {
    const first = !this.#synced;
    this.#synced = true;
    this.#failure = null;
    this.#lastPicture = this.#clock.now();
    this.#backoff.reset();
    this.registrations.picture(picture);
    this.#replay();
    if (first) this.log.info({ totals: this.registrations.totals() }, "the state of all DNs is known");
  }

  /** Gives the wait until the next try. Without a first picture events are not taken: they'd be the only rows. */
  #fail(reason: string): number {
    const wait = this.#backoff.next();
    if (reason !== this.#failure) {
      this.log.warn(`picture of Asterisk: ${reason}; trying again in ${(wait / 1_000).toFixed(1)} s`);
    }
    this.#failure = reason;
    if (this.#synced) this.#replay();
    return wait;
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
