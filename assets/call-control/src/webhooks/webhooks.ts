import { randomUUID } from "node:crypto";
import type { Logger } from "../../../../lib/service";
import type { CallChange } from "../calls/call";
import { callView } from "../http/call-view";
import { WriteBehind, type WriteBehindMeter } from "../write-behind";
import { type DeliveryMeter, defaultLaneLimits, Lane, type LaneLimits, type WebhookConfig } from "./lane";
import type { DeliveryStore, Event } from "./store";

export interface WebhooksMeter {
  readonly outbox: WriteBehindMeter;
  readonly deliveries: DeliveryMeter;
}

/** Events that wait in the database for one webhook; when there are more, the oldest are given up. */
const maxPending = 100_000;

/** Milliseconds between two looks at what is to be given up. */
const PRUNE_INTERVAL = 60_000;

/**
 * Tells webhooks what happens to calls. Changes go into the outbox in batches; while the database is away, a bounded
 * number of them waits in memory.
 */
export class Webhooks {
  readonly #outbox: WriteBehind<Event>;
  readonly #lanes: ReadonlyMap<string, Lane>;
  #pending: ReadonlyMap<string, number> = new Map();
  #pruneTimer?: NodeJS.Timeout;
  #stopped = false;

  constructor(
    private readonly webhooks: readonly WebhookConfig[],
    private readonly store: DeliveryStore,
    private readonly meter: WebhooksMeter,
    private readonly log: Logger,
    private readonly limits: LaneLimits = defaultLaneLimits,
  ) {
    this.#lanes = new Map(
      webhooks.map((webhook) => [webhook.name, new Lane(webhook, store, meter.deliveries, log, limits)]),
    );
    this.#outbox = new WriteBehind({
      what: "events for WebHooks",
      waiting: 20_000,
      batch: 500,
      collect: 50,
      write: (events) => this.#insert(events),
      meter: meter.outbox,
      log,
    });
  }

  /** Events that are not in the database yet. */
  get waiting(): number {
    return this.#outbox.waiting;
  }

  /** Deliveries in the database, by webhook, as last counted. */
  get pending(): ReadonlyMap<string, number> {
    return this.#pending;
  }

  start(): void {
    for (const lane of this.#lanes.values()) lane.start();
    this.#pruneIn(PRUNE_INTERVAL / 10);
  }

  changed({ what, at, call }: CallChange): void {
    const told = this.webhooks.filter(({ events }) => events.length === 0 || events.includes(what));
    if (told.length === 0) return;
    const eventId = randomUUID();
    const body = { event: what, at, call: callView(call) };
    for (const { name } of told) this.#outbox.push({ webhook: name, eventId, at, body });
  }

  /** Writes what waits, as far as that is quick; what is under way is told again after the next start. */
  async stop(milliseconds: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#pruneTimer);
    const lanes = [...this.#lanes.values()].map((lane) => lane.stop());
    await Promise.all([this.#outbox.stop(milliseconds), ...lanes]);
  }

  async #insert(events: readonly Event[]): Promise<void> {
    await this.store.insert(events);
    for (const name of new Set(events.map(({ webhook }) => webhook))) this.#lanes.get(name)?.nudge();
  }

  #pruneIn(milliseconds: number): void {
    if (!this.#stopped) this.#pruneTimer = setTimeout(() => void this.#prune(), milliseconds);
  }

  async #prune(): Promise<void> {
    try {
      for (const [name, count] of await this.store.prune(this.limits.giveUp / 3_600_000, maxPending)) {
        this.log.error({ webhook: name, count }, `WebHook ${name}: ${count} events are given up`);
        // A webhook that left the configuration has no place in the metrics.
        if (this.#lanes.has(name)) this.meter.deliveries.givenUp(name, count);
      }
      this.#pending = await this.store.pending();
    } catch (error) {
      this.log.debug({ error: (error as Error).message }, "the outbox of WebHooks can't be looked at now");
    }
    this.#pruneIn(PRUNE_INTERVAL);
  }
}
