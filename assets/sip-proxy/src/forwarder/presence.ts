import type { Contact } from "../../../../lib/ami";
import type { RegistrationReport, SocketId } from "../edge/events";

/** A contact that Asterisk accepted. Times are milliseconds of the forwarder's clock. */
interface Hold {
  /** The socket that registered it; undefined for one that is known from Asterisk's list only. */
  readonly socket: SocketId | undefined;
  /** Call-ID of the REGISTER. */
  readonly callId: string | undefined;
  readonly acceptedAt: number;
  readonly expiresAt: number;
  /** The last list of contacts lacked it. */
  missing: boolean;
}

/** What Asterisk holds for one DN, as far as the tunnel and Asterisk's own list of contacts tell. */
export class Presence {
  /** By contact URI: a phone that comes back on a new socket brings the same one. */
  private readonly holds = new Map<string, Hold>();

  get empty(): boolean {
    return this.holds.size === 0;
  }

  /** Sockets on which a contact of the DN is registered. */
  get sockets(): SocketId[] {
    const sockets = new Set<SocketId>();
    for (const { socket } of this.holds.values()) if (socket !== undefined) sockets.add(socket);
    return [...sockets];
  }

  /** When the first contact runs out, unless the phone refreshes it. */
  get nextExpiry(): number | undefined {
    let next: number | undefined;
    for (const { expiresAt } of this.holds.values())
      next = next === undefined ? expiresAt : Math.min(next, expiresAt);
    return next;
  }

  /** Asterisk accepted a REGISTER that came on this socket. */
  accept(socket: SocketId, report: RegistrationReport, now: number): void {
    for (const { uri, expires } of report.contacts) {
      if (expires > 0) {
        const expiresAt = now + expires * 1000;
        const callId = detached(report.callId);
        this.holds.set(detached(uri), { socket, callId, acceptedAt: now, expiresAt, missing: false });
      } else if (this.holds.get(uri)?.socket === socket) this.holds.delete(uri);
      // Otherwise the phone has registered again on another socket since: a late farewell of the old one.
    }
    if (report.left === 0) this.holds.clear();
  }

  /** Asterisk removes a contact when the WebSocket that it came on closes. */
  closed(socket: SocketId): void {
    for (const [uri, hold] of this.holds) if (hold.socket === socket) this.holds.delete(uri);
  }

  /** @returns whether something has run out */
  expire(now: number): boolean {
    const before = this.holds.size;
    for (const [uri, hold] of this.holds) if (hold.expiresAt <= now) this.holds.delete(uri);
    return this.holds.size < before;
  }

  /**
   * Asterisk's list, asked for at `askedAt`: contacts that came another way are adopted, and what it doesn't list is
   * gone, unless it was accepted only after the question. A contact whose socket is open goes when two lists in a row
   * lack it: an Asterisk without its database lists nothing.
   * What came another way is refreshed another way too, unseen: it is believed until `nextListBy`, even if it expires
   * before.
   * @param wallOffset what to add to a time since 1970 in milliseconds to get one of the forwarder's clock
   */
  reconcile(
    contacts: readonly Contact[],
    askedAt: number,
    now: number,
    wallOffset: number,
    nextListBy: number,
  ): void {
    const ownCallIds = new Set<string>();
    for (const [uri, hold] of this.holds) {
      if (hold.socket === undefined) this.holds.delete(uri);
      else if (contacts.length === 0 && hold.acceptedAt < askedAt && hold.missing) this.holds.delete(uri);
      else {
        hold.missing = contacts.length === 0 && hold.acceptedAt < askedAt;
        if (hold.callId !== undefined) ownCallIds.add(hold.callId);
      }
    }
    const attended = this.holds.size > 0;
    for (const { uri, callId, expiresAt } of contacts) {
      // Asterisk may list a contact under another URI than the phone's (rewrite_contact): the Call-ID tells.
      if (callId === undefined ? attended : ownCallIds.has(callId)) continue;
      const until = expiresAt === undefined ? now + UNKNOWN_EXPIRY : expiresAt * 1000 + wallOffset;
      if (until <= now) continue;
      const believedUntil = Math.max(until, nextListBy);
      this.holds.set(uri, {
        socket: undefined,
        callId,
        acceptedAt: now,
        expiresAt: believedUntil,
        missing: false,
      });
    }
  }

  /** Asterisk says that a contact is gone. One that came through the tunnel goes with its socket. @returns whether it was held */
  removed(uri: string): boolean {
    const hold = this.holds.get(uri);
    return hold !== undefined && hold.socket === undefined && this.holds.delete(uri);
  }
}

/** Milliseconds for which a contact is believed in whose expiry Asterisk doesn't tell: the next list comes before. */
const UNKNOWN_EXPIRY = 3_600_000;

/** A copy that doesn't keep the message in memory that the text was cut out of. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}
