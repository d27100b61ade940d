/** Milliseconds for which a REGISTER may be under way (timer F, RFC 3261 17.1.2). */
const UNDER_WAY = 32_000;

/** Milliseconds for which Asterisk's list is believed: two more lists would have come by then. */
export const LIST_LIFETIME = 150_000;

/**
 * Asterisk's own registration of one DN at Genesys (static mode), as far as the relay and Asterisk's list tell of it.
 * Times are milliseconds of the forwarder's clock.
 */
export class AsteriskRegistration {
  private believedUntil = Number.NEGATIVE_INFINITY;
  private changedAt = Number.NEGATIVE_INFINITY;
  private granted = false;

  /** Whether Asterisk holds the DN, or asks for it just now. */
  stands(now: number): boolean {
    return this.believedUntil > now;
  }

  /** Whether Genesys has accepted it. */
  isAccepted(now: number): boolean {
    return this.granted && this.stands(now);
  }

  /** Until when it is believed; undefined: it isn't. */
  until(now: number): number | undefined {
    return this.stands(now) ? this.believedUntil : undefined;
  }

  /** A REGISTER is on its way to Genesys. */
  asked(now: number): void {
    this.changedAt = now;
    if (!this.stands(now)) this.granted = false;
    this.believedUntil = Math.max(this.believedUntil, now + UNDER_WAY);
  }

  /** Genesys has granted it. @param expires seconds */
  accepted(now: number, expires: number): void {
    this.changedAt = now;
    this.granted = true;
    this.believedUntil = now + expires * 1000;
  }

  /**
   * Asterisk lists it. One that is not registered tells nothing for sure: Asterisk may list what it has dropped.
   * @param askedAt when the list was asked for: what has happened since is newer
   */
  listed(now: number, askedAt: number, registered: boolean): void {
    if (this.changedAt > askedAt) return;
    this.granted = registered;
    if (registered) this.believedUntil = Math.max(this.believedUntil, now + LIST_LIFETIME);
  }

  /** Whether a list that lacks it, asked for at `askedAt`, says that it has ended. */
  isStale(now: number, askedAt: number): boolean {
    return this.changedAt <= askedAt && this.stands(now);
  }

  /** Asterisk has given it up. */
  ended(now: number): void {
    this.changedAt = now;
    this.granted = false;
    this.believedUntil = Number.NEGATIVE_INFINITY;
  }
}
