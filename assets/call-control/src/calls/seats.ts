import { randomUUID } from "node:crypto";
import { AriError } from "../../../../lib/ari";
import type { Clock, Timer } from "../../../../lib/sip/clock";
import { phoneOf } from "../numbers";
import type { Ari } from "./ari";
import { CallError, type Seat } from "./calls";
import type { Janitor } from "./janitor";
import { newLegId, readLegId } from "./leg";
import { endpointOf, isInApp, type Standing } from "./snapshot";

/** Seconds that an agent's phone rings for a seat. */
const RING_SECONDS = 30;

/** Milliseconds after which a phone that should have stopped to ring is given up. */
const GRACE = 10_000;

interface Place {
  readonly seat: Seat;
  /** Answered. */
  open: boolean;
  readonly settle: (error?: CallError) => void;
}

/** Agents' phones that stay in a call of their own while calls of a campaign come and go. */
export class Seats {
  readonly #byChannel = new Map<string, Place>();

  constructor(
    private readonly ari: Ari,
    private readonly app: string,
    private readonly janitor: Janitor,
    private readonly clock: Clock,
    private readonly closed: (seat: Seat) => void,
  ) {}

  /** Those that are open. */
  list(): Seat[] {
    return [...this.#byChannel.values()].filter(({ open }) => open).map(({ seat }) => seat);
  }

  get(id: string): Seat {
    const place = this.#find(id);
    if (!place?.open) throw new CallError("CALL_NOT_FOUND", `there is no seat ${id} (any more)`);
    return place.seat;
  }

  has(channelId: string): boolean {
    return this.#byChannel.has(channelId);
  }

  /** Rings the agent; resolves when the phone was answered. */
  async open(agent: string): Promise<Seat> {
    const there = [...this.#byChannel.values()].find(({ seat }) => seat.agent === agent);
    if (there !== undefined) throw new CallError("CALL_STATE", `${agent} has a seat already`);
    const id = randomUUID();
    const seat: Seat = { id, agent, channelId: newLegId(id, "seat") };
    let timer: Timer | undefined;
    const answered = new Promise<void>((resolve, reject) => {
      const settle = (error?: CallError) => (error === undefined ? resolve() : reject(error));
      this.#byChannel.set(seat.channelId, { seat, open: false, settle });
    });
    // It may fail before anybody waits for it.
    answered.catch(() => undefined);
    try {
      await this.#ring(seat);
      timer = this.clock.after(RING_SECONDS * 1_000 + GRACE, () => this.#giveUp(seat, "did not answer"));
      await answered;
      return seat;
    } finally {
      timer?.cancel();
    }
  }

  /** Ends it. */
  close(id: string): void {
    const place = this.#find(id);
    if (place === undefined) throw new CallError("CALL_NOT_FOUND", `there is no seat ${id} (any more)`);
    this.janitor.remove({ kind: "channel", id: place.seat.channelId });
  }

  /** The phone has answered. */
  arrived(channelId: string): void {
    const place = this.#byChannel.get(channelId);
    if (place === undefined) return;
    place.open = true;
    place.settle();
  }

  gone(channelId: string): void {
    const place = this.#byChannel.get(channelId);
    if (place === undefined) return;
    this.#byChannel.delete(channelId);
    if (place.open) this.closed(place.seat);
    else place.settle(new CallError("UNAVAILABLE", `${place.seat.agent} did not answer`));
  }

  /** Takes up what an earlier process had, and lets go of what has ended unseen. */
  reconcile({ channels }: Standing): void {
    for (const [channelId, { open }] of this.#byChannel) {
      if (open && !channels.has(channelId)) this.gone(channelId);
    }
    for (const channel of channels.values()) {
      const own = readLegId(channel.id);
      if (own?.role !== "seat" || !isInApp(channel)) continue;
      const seat = { id: own.call, agent: endpointOf(channel), channelId: channel.id };
      if (this.#byChannel.has(channel.id)) this.arrived(channel.id);
      else this.#byChannel.set(channel.id, { seat, open: true, settle: () => undefined });
    }
  }

  async #ring({ id, agent, channelId }: Seat): Promise<void> {
    const { ari, app } = this;
    const seat = { id, agent, channelId };
    try {
      const made = await ari.makeChannel(channelId, () =>
        ari.channels.originate({
          channelId,
          endpoint: phoneOf(agent).endpoint,
          app,
          appArgs: ["leg", id, "seat"],
          callerId: agent,
          timeout: RING_SECONDS,
        }),
      );
      if (made.outcome !== "made") this.gone(channelId);
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      const code = error.code === "ARI_FAILED" ? "UNAVAILABLE" : "ASTERISK";
      const text = code === "UNAVAILABLE" ? `${agent} is not registered` : error.message;
      this.#giveUp(seat, text);
      throw new CallError(code, text, { cause: error });
    }
  }

  #giveUp(seat: Seat, why: string): void {
    const place = this.#byChannel.get(seat.channelId);
    if (place === undefined || place.open) return;
    this.#byChannel.delete(seat.channelId);
    this.janitor.remove({ kind: "channel", id: seat.channelId });
    place.settle(new CallError("UNAVAILABLE", `${seat.agent} ${why}`));
  }

  #find(id: string): Place | undefined {
    return [...this.#byChannel.values()].find(({ seat }) => seat.id === id);
  }
}
