import type { SipRequest } from "../../../../lib/sip";

/** Requests with credentials that may wait for their answers; whoever sends more at a time is found out by these. */
const MAX_TRIES = 8;

const CREDENTIALS = /[\r\n](?:Proxy-)?Authorization[ \t]*:/i;

interface Try {
  readonly callId: string;
  readonly cseq: number;
  readonly method: string;
  readonly dn: string;
}

/** Whether a message brings an answer to a challenge, or tries to. */
export function bringsCredentials(frame: Buffer): boolean {
  return CREDENTIALS.test(frame.toString("latin1"));
}

/** Requests other than REGISTER by which a password can be tried as well: Asterisk challenges them too. */
export class Tries {
  private waiting: Try[] = [];

  get empty(): boolean {
    return this.waiting.length === 0;
  }

  add({ callId, cseq, method }: SipRequest, dn: string): void {
    // Nobody answers an ACK.
    if (method === "ACK") return;
    if (this.waiting.length >= MAX_TRIES) this.waiting.shift();
    this.waiting.push({ callId, cseq: cseq.number, method, dn });
  }

  /** Takes any answer. @returns the DN of the request that it answers, which is not waited for any more */
  answered({ callId, cseq, method }: Omit<Try, "dn">): string | undefined {
    const index = this.waiting.findIndex(
      (one) => one.cseq === cseq && one.method === method && one.callId === callId,
    );
    return index < 0 ? undefined : this.waiting.splice(index, 1)[0]?.dn;
  }
}
