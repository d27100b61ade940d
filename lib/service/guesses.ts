import { isIPv6 } from "node:net";
import { ipv6Groups } from "./ipv6";

/** Milliseconds for which a guess counts. */
const WINDOW = 60_000;

/** Addresses, and DNs, that are kept in mind at most; the one that guessed longest ago is forgotten first. */
const MAX_KEYS = 10_000;

export interface GuessLimits {
  /** Guesses in a minute, after which an address has to wait. */
  readonly guessesPerMinute: number;
  /** Seconds for which it does. */
  readonly guessPenaltySeconds: number;
}

/** What one more guess has led to. */
export interface GuessVerdict {
  /** The address has to wait, now or already. */
  readonly waits: boolean;
  /** It has to from now on. */
  readonly begins: boolean;
  /** The DN has reached the limit just now. */
  readonly dnUnderAttack: boolean;
}

/**
 * Passwords that were tried and refused, by address and by DN. Only an address is made to wait: if a DN were, anybody
 * could lock its agent out. IPv6 counts by /64, since a client has all of one. Times are milliseconds.
 */
export class Guesses {
  private readonly byAddress = new RecentTimes();
  private readonly byDn = new RecentTimes();
  /** Until when an address waits, the first one first. */
  private readonly penalties = new Map<string, number>();

  /** @param limits in force now */
  constructor(private readonly limits: () => GuessLimits) {}

  failed(address: string, dn: string | undefined, now: number): GuessVerdict {
    const { guessesPerMinute: limit, guessPenaltySeconds } = this.limits();
    const key = networkOf(address);
    const dnUnderAttack = dn !== undefined && this.byDn.add(dn, now, limit);
    if (this.waits(address, now) > 0) return { waits: true, begins: false, dnUnderAttack };
    if (!this.byAddress.add(key, now, limit)) return { waits: false, begins: false, dnUnderAttack };
    this.byAddress.forget(key);
    this.punish(key, now + guessPenaltySeconds * 1000, now);
    return { waits: true, begins: true, dnUnderAttack };
  }

  /** Seconds for which the address has to wait still, rounded up; 0: it doesn't. */
  waits(address: string, now: number): number {
    if (this.penalties.size === 0) return 0;
    const until = this.penalties.get(networkOf(address)) ?? 0;
    return Math.max(0, Math.ceil((until - now) / 1000));
  }

  /** How many addresses wait. */
  waiting(now: number): number {
    this.expire(now);
    return this.penalties.size;
  }

  private punish(key: string, until: number, now: number): void {
    this.expire(now);
    this.penalties.delete(key);
    this.penalties.set(key, until);
    const [oldest] = this.penalties.keys();
    if (this.penalties.size > MAX_KEYS && oldest !== undefined) this.penalties.delete(oldest);
  }

  private expire(now: number): void {
    for (const [key, until] of this.penalties) if (until <= now) this.penalties.delete(key);
  }
}

/** Times of the last minute, by key. */
class RecentTimes {
  /** The key that was added to longest ago first. */
  private readonly times = new Map<string, number[]>();

  /** @returns whether this is what brings the key to the limit */
  add(key: string, now: number, limit: number): boolean {
    const recent = (this.times.get(key) ?? []).filter((at) => at > now - WINDOW).slice(-limit);
    const before = recent.length;
    recent.push(now);
    this.times.delete(key);
    this.times.set(key, recent);
    for (const [oldest, times] of this.times) {
      if (this.times.size <= MAX_KEYS && (times.at(-1) as number) > now - WINDOW) break;
      this.times.delete(oldest);
    }
    return before < limit && recent.length >= limit;
  }

  forget(key: string): void {
    this.times.delete(key);
  }
}

/** The address, or for IPv6 its /64: one spelling of each. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const prefix = ipv6Groups(address).slice(0, 4);
  return `${prefix.map((group) => group.toString(16)).join(":")}::/64`;
}
