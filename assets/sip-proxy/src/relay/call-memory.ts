import type { Clock } from "../../../../lib/sip";

/** What a talk event needs to know of the call that it is about. */
export interface RememberedCall {
  /** The agent's DN. */
  readonly dn: string;
  /** X-Genesys-CallUUID. */
  readonly uuid?: string | undefined;
}

interface Entry extends RememberedCall {
  readonly seenAt: number;
}

/** A longer Call-ID is not remembered: memory is bounded in bytes too. */
const LONGEST_CALL_ID = 256;

/**
 * The DN and the CallUUID of the calls that pass, by Call-ID.
 *
 * This is what keeps the relay from being stateless to the last. A talk event stands in the dialog, so its Request-URI
 * is Asterisk's Contact, which names no DN, and its To is what the caller dialled, which need not be the DN either;
 * only the INVITE is addressed to the DN. No routing depends on it: after a restart calls go on, and a talk event
 * of a call from before falls back on its own URIs.
 */
export class CallMemory {
  /** The one seen longest ago first. */
  private readonly calls = new Map<string, Entry>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: { readonly calls: number; readonly minutes: number },
  ) {}

  get size(): number {
    return this.calls.size;
  }

  find(callId: string): RememberedCall | undefined {
    const entry = this.calls.get(callId);
    return entry !== undefined && !this.isOld(entry) ? entry : undefined;
  }

  remember(callId: string, { dn, uuid }: RememberedCall): void {
    if (callId.length > LONGEST_CALL_ID) return;
    this.calls.delete(callId);
    this.calls.set(callId, { dn, uuid, seenAt: this.clock.now() });
    for (const [oldest, entry] of this.calls) {
      if (this.calls.size <= this.limits.calls && !this.isOld(entry)) break;
      this.calls.delete(oldest);
    }
  }

  /** The call goes on; `uuid` when it has become known. */
  touch(callId: string, uuid?: string): void {
    const known = this.find(callId);
    if (known !== undefined) this.remember(callId, { dn: known.dn, uuid: uuid ?? known.uuid });
  }

  forget(callId: string): void {
    this.calls.delete(callId);
  }

  private isOld({ seenAt }: Entry): boolean {
    return this.clock.now() - seenAt > this.limits.minutes * 60_000;
  }
}
