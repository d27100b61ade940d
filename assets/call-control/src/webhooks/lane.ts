import { Backoff } from "../../../../lib/ami";
import { wordsOf } from "../../../../lib/ari/errors";
import type { Logger } from "../../../../lib/service";
import type { CallControlConfig } from "../config";
import { SIGNATURE_HEADER, sign } from "./signature";
import type { Delivery, DeliveryStore } from "./store";

export type WebhookConfig = CallControlConfig["webhooks"][number];

export interface LaneLimits {
  /** Milliseconds that a receiver has for its answer. */
  readonly timeout: number;
  /** Requests to one receiver at a time; while it fails, one. */
  readonly parallel: number;
  /** Milliseconds between two looks for what is due, when nothing was put in meanwhile. */
  readonly look: number;
  /** Milliseconds after which an event is given up. */
  readonly giveUp: number;
  /** Of the waits between two tries, in milliseconds. */
  readonly backoff: { readonly initial: number; readonly maximum: number };
}

export const defaultLaneLimits: LaneLimits = {
  timeout: 5_000,
  parallel: 4,
  look: 5_000,
  giveUp: 24 * 3_600_000,
  backoff: { initial: 1_000, maximum: 300_000 },
};

export interface DeliveryMeter {
  /** @param seconds from the change until it was taken */
  delivered(webhook: string, seconds: number): void;
  failed(webhook: string): void;
  givenUp(webhook: string, count: number): void;
}

/**
 * Tells one webhook what there is to tell. Each webhook has a lane of its own, so that a dead receiver holds up nobody
 * but itself; while it fails, the lane tries one event at a time, with growing waits.
 */
export class Lane {
  readonly #backoff: Backoff;
  /** What the receiver's last failure was; undefined: it takes what it's sent. */
  #failure?: string;
  #timer?: NodeJS.Timeout;
  #running?: Promise<void>;
  /** Something was put in while the lane ran. */
  #nudged = false;
  readonly #stopping = new AbortController();

  constructor(
    private readonly webhook: WebhookConfig,
    private readonly store: DeliveryStore,
    private readonly meter: DeliveryMeter,
    private readonly log: Logger,
    private readonly limits: LaneLimits = defaultLaneLimits,
    private readonly now: () => number = Date.now,
  ) {
    this.#backoff = new Backoff({ ...limits.backoff, minimum: limits.backoff.initial / 2 }, Math.random);
  }

  start(): void {
    this.#runIn(0);
  }

  /** There is something new: it's told at once, unless the receiver is being spared. */
  nudge(): void {
    this.#nudged = true;
    if (this.#failure === undefined) this.#runIn(0);
  }

  /** Breaks off what is under way; it is told again after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #runIn(milliseconds: number): void {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running = this.#run().then((wait) => {
        this.#running = undefined;
        this.#runIn(this.#nudged && this.#failure === undefined ? 0 : wait);
      });
    }, milliseconds);
  }

  /** Tells all that is due. Gives the wait until the next look. */
  async #run(): Promise<number> {
    const { signal } = this.#stopping;
    try {
      while (!signal.aborted) {
        this.#nudged = false;
        const parallel = this.#failure === undefined ? this.limits.parallel : 1;
        const due = await this.store.claim(this.webhook.name, parallel);
        if (due.length === 0) return this.limits.look;
        const told = await Promise.allSettled(due.map((delivery) => this.#tell(delivery)));
        const wait = Math.max(...told.map(waitOf));
        if (wait > 0) return wait;
      }
    } catch (error) {
      // The database is away, which is said elsewhere.
      this.log.debug(
        { error: (error as Error).message },
        `WebHook ${this.webhook.name}: the outbox can't be read`,
      );
    }
    return this.limits.look;
  }

  /** Gives the milliseconds that the receiver is to be spared; 0: it took the event. */
  async #tell(delivery: Delivery): Promise<number> {
    const { name } = this.webhook;
    const failure = await this.#send(delivery);
    if (failure === undefined) {
      this.meter.delivered(name, (this.now() - delivery.at.getTime()) / 1_000);
      this.#took();
      await this.store.remove(delivery.id);
      return 0;
    }
    if (this.#stopping.signal.aborted) {
      await this.store.postpone(delivery.id, 0, "broken off by the end of the service");
      return 0;
    }
    this.meter.failed(name);
    const wait = this.#refused(failure);
    if (this.now() - delivery.at.getTime() >= this.limits.giveUp) {
      this.meter.givenUp(name, 1);
      this.log.error({ webhook: name, event: delivery.eventId }, `WebHook ${name}: an event is given up`);
      await this.store.remove(delivery.id);
    } else await this.store.postpone(delivery.id, wait / 1_000, failure);
    return wait;
  }

  #took(): void {
    this.#backoff.reset();
    if (this.#failure !== undefined) this.log.info(`WebHook ${this.webhook.name}: takes events again`);
    this.#failure = undefined;
  }

  #refused(failure: string): number {
    const { name } = this.webhook;
    if (this.#failure === undefined)
      this.log.warn({ webhook: name }, `WebHook ${name}: ${failure}; trying again`);
    this.#failure = failure;
    return this.#backoff.next();
  }

  /** Gives what went wrong, in words without the body. */
  async #send({ id, eventId, body: event, attempts }: Delivery): Promise<string | undefined> {
    const { url, secret } = this.webhook;
    const body = JSON.stringify({ id: eventId, sequence: Number(id), ...event });
    const timeout = AbortSignal.timeout(this.limits.timeout);
    try {
      const response = await fetch(url, {
        method: "POST",
        // Where it leads to was not written by the operator.
        redirect: "manual",
        headers: {
          "Content-Type": "application/json",
          "User-Agent": "webrtc-genesys-call-control",
          "X-Webrtc-Genesys-Event": eventId,
          "X-Webrtc-Genesys-Attempt": String(attempts),
          [SIGNATURE_HEADER]: sign(secret, body, Math.floor(this.now() / 1_000)),
        },
        body,
        signal: AbortSignal.any([timeout, this.#stopping.signal]),
      });
      // What the receiver says beside its status is of no use, however long it is.
      await response.body?.cancel();
      if (response.ok) return undefined;
      const redirected = response.status >= 300 && response.status < 400;
      return `it answers ${response.status}${redirected ? ", and redirects are not followed" : ""}`;
    } catch (error) {
      if (timeout.aborted) return `no answer within ${this.limits.timeout} ms`;
      const { cause = error } = error as Error;
      return wordsOf(cause);
    }
  }
}

function waitOf(told: PromiseSettledResult<number>): number {
  if (told.status === "rejected") throw told.reason;
  return told.value;
}
