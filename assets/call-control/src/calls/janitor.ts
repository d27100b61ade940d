import { Backoff } from "../../../../lib/ami";
import { AriError, type HangupReason } from "../../../../lib/ari";
import type { Clock, Timer } from "../../../../lib/sip/clock";
import type { Ari } from "./ari";

/** What is to go; `reason` is told to the far end of a channel. */
export type Rubbish =
  | { readonly kind: "channel"; readonly id: string; readonly reason?: HangupReason }
  | { readonly kind: "bridge"; readonly id: string };

/** Things that may wait to be removed; more are left to the next comparison with what stands. */
const MAX_WAITING = 10_000;

/** Removes channels and bridges that nobody has a use for, and tries until Asterisk has said that they are gone. */
export class Janitor {
  readonly #waiting = new Map<string, Timer | undefined>();
  #stopped = false;

  constructor(
    private readonly ari: Pick<Ari, "channels" | "bridges">,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** Things that are not known to be gone yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  remove(rubbish: Rubbish): void {
    const key = `${rubbish.kind} ${rubbish.id}`;
    if (this.#stopped || this.#waiting.has(key) || this.#waiting.size >= MAX_WAITING) return;
    this.#waiting.set(key, undefined);
    const backoff = new Backoff({ initial: 200, maximum: 10_000, minimum: 50 }, this.random);
    void this.#try(key, rubbish, backoff);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#waiting.values()) timer?.cancel();
    this.#waiting.clear();
  }

  async #try(key: string, rubbish: Rubbish, backoff: Backoff): Promise<void> {
    try {
      await (rubbish.kind === "channel"
        ? this.ari.channels.hangup(rubbish.id, rubbish.reason)
        : this.ari.bridges.destroy(rubbish.id));
      this.#waiting.delete(key);
    } catch (error) {
      if (!(error instanceof AriError)) throw error;
      // Not there (any more), or on its way out already.
      const over = error.code === "ARI_NOT_FOUND" || error.code === "ARI_REFUSED" || this.#stopped;
      if (over) this.#waiting.delete(key);
      else
        this.#waiting.set(
          key,
          this.clock.after(backoff.next(), () => void this.#try(key, rubbish, backoff)),
        );
    }
  }
}
