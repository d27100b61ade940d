import type { Upstream } from "./upstream";

/** How long a message stays in the network at most, in milliseconds (T4, RFC 3261 17.1.2.2). */
export const MESSAGE_LIFETIME = 5_000;

interface Claim {
  /** Until when the server may hold a binding. */
  until: number;
  /** The same without the REGISTER that waits for its answer. */
  before: number;
  /** When a REGISTER was last left without an answer: a copy of it may still be on its way. */
  unansweredAt: number;
}

/**
 * The servers that may hold a binding of one DN: those that said so, and those that were sent a REGISTER and never
 * answered. They are what has to be released. Times are milliseconds.
 */
export class Claims {
  private readonly claims = new Map<Upstream, Claim>();

  /** A REGISTER has been sent: it may have arrived, whatever comes back. */
  sent(upstream: Upstream, until: number): void {
    let claim = this.claims.get(upstream);
    if (claim === undefined) {
      claim = { until: 0, before: 0, unansweredAt: Number.NEGATIVE_INFINITY };
      this.claims.set(upstream, claim);
    }
    claim.before = claim.until;
    claim.until = Math.max(claim.until, until);
  }

  /** The REGISTER was accepted. */
  granted(upstream: Upstream, until: number): void {
    const claim = this.claims.get(upstream);
    if (claim !== undefined) claim.until = until;
  }

  /** The REGISTER was refused: it made no binding. */
  refused(upstream: Upstream): void {
    const claim = this.claims.get(upstream);
    if (claim !== undefined) claim.until = claim.before;
  }

  /** The REGISTER was given up without an answer. */
  unanswered(upstream: Upstream, now: number): void {
    const claim = this.claims.get(upstream);
    if (claim !== undefined) claim.unansweredAt = now;
  }

  /**
   * The server has answered an un-REGISTER that was sent at `sentAt`. False when a REGISTER that went before may
   * arrive after it and bring the binding back: then it has to be released once more.
   */
  released(upstream: Upstream, sentAt: number): boolean {
    const claim = this.claims.get(upstream);
    if (claim !== undefined && sentAt - claim.unansweredAt < MESSAGE_LIFETIME) return false;
    this.claims.delete(upstream);
    return true;
  }

  forget(upstream: Upstream): void {
    this.claims.delete(upstream);
  }

  /** Servers that may hold a binding now. What has run out, or whose server is no longer on the list, is dropped. */
  standing(now: number): Upstream[] {
    for (const [upstream, claim] of this.claims) {
      if (claim.until <= now || upstream.gone) this.claims.delete(upstream);
    }
    return [...this.claims.keys()];
  }

  /** Until when the binding at this server lasts. */
  until(upstream: Upstream): number | undefined {
    return this.claims.get(upstream)?.until;
  }
}
