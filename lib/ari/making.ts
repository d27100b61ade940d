import { Backoff } from "../ami";
import type { Clock, Timer } from "../sip/clock";
import { AriError, type AriErrorCode } from "./errors";
import type { AriEvent, AriEventOf } from "./events";
import type { Bridge, Channel } from "./models";
import type { AriTimeouts } from "./options";

/** What became of a request that makes something under an id of ours. */
export type Made<T, E extends AriEvent> =
  /** It was made; as it was then, or as it is now when the answer was lost. */
  | { readonly outcome: "made"; readonly value: T }
  /** The answer was lost; it was made, and is over. */
  | { readonly outcome: "ended"; readonly event: E }
  /** The answer was lost, and there is none: it was never made, or it ended while no events came. */
  | { readonly outcome: "absent" };

export type MadeChannel = Made<Channel, AriEventOf<"ChannelDestroyed">>;
export type MadeBridge = Made<Bridge, AriEventOf<"BridgeDestroyed">>;

type End = AriEventOf<"ChannelDestroyed" | "BridgeDestroyed">;

/** Finds out what became of requests that make something, when their answers are lost. */
export class Making {
  /** What is being made, with the event of its end if it has come. */
  readonly #underWay = new Map<string, { ended?: End }>();
  readonly #waits = new Map<Timer, () => void>();

  constructor(
    private readonly timeouts: AriTimeouts,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** To be called with every event. */
  event(event: AriEvent): void {
    if (event.type !== "ChannelDestroyed" && event.type !== "BridgeDestroyed") return;
    const key =
      event.type === "ChannelDestroyed"
        ? keyOf("channel", event.channel.id)
        : keyOf("bridge", event.bridge.id);
    const making = this.#underWay.get(key);
    if (making !== undefined) making.ended = event;
  }

  /** Ends the waits, so that whoever waits finds that the client was stopped. */
  stop(): void {
    for (const [timer, resolve] of this.#waits) {
      timer.cancel();
      resolve();
    }
    this.#waits.clear();
  }

  /** @param find rejects with ARI_NOT_FOUND while there is none of this id */
  async make<T, E extends End>(
    kind: "channel" | "bridge",
    id: string,
    send: () => Promise<T>,
    find: () => Promise<T>,
  ): Promise<Made<T, E>> {
    const key = keyOf(kind, id);
    if (this.#underWay.has(key)) {
      throw AriError.value("id", `a ${kind} ${JSON.stringify(id)} is being made already`);
    }
    const making: { ended?: End } = {};
    this.#underWay.set(key, making);
    try {
      return { outcome: "made", value: await send() };
    } catch (error) {
      if (!(error instanceof AriError && error.outcomeUnknown)) throw error;
      return await this.#find<T, E>(making as { ended?: E }, find, error);
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #find<T, E extends End>(
    making: { readonly ended?: E },
    find: () => Promise<T>,
    lost: AriError,
  ): Promise<Made<T, E>> {
    const { outcome, absent } = this.timeouts;
    const deadline = this.clock.now() + outcome;
    const pauses = new Backoff({ initial: 200, maximum: 2_000, minimum: 50 }, this.random);
    let missingSince: number | undefined;
    while (this.clock.now() < deadline) {
      const found = await attempt(find);
      if (making.ended !== undefined) return { outcome: "ended", event: making.ended };
      if (!(found instanceof AriError)) return { outcome: "made", value: found };
      if (found.code === "ARI_NOT_FOUND") {
        // Asterisk may still be about to make it.
        missingSince ??= this.clock.now();
        if (this.clock.now() - missingSince >= absent) return { outcome: "absent" };
      } else if (!passing.includes(found.code)) {
        break;
      }
      await this.#wait(pauses.next());
    }
    throw lost;
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.after(milliseconds, () => {
        this.#waits.delete(timer);
        resolve();
      });
      this.#waits.set(timer, resolve);
    });
  }
}

/** Failures after which it's worth looking again. */
const passing: readonly AriErrorCode[] = ["ARI_CONNECTION", "ARI_TIMEOUT", "ARI_BUSY", "ARI_FAILED"];

async function attempt<T>(find: () => Promise<T>): Promise<T | AriError> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof AriError) return error;
    throw error;
  }
}

function keyOf(kind: "channel" | "bridge", id: string): string {
  return `${kind} ${id}`;
}
