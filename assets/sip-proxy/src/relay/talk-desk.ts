import type { Clock, Timer } from "../../../../lib/sip";
import type { Log } from "../log";
import type { Answer, Talk } from "./decision";
import type { RelayMetrics, TalkOutcome } from "./metrics";

export type Delivery =
  /** Asterisk took it, for a phone that is registered. */
  | { readonly outcome: "delivered" }
  /** The DN has no phone. */
  | { readonly outcome: "no-phone" }
  /** Asterisk could not be asked. */
  | { readonly outcome: "unavailable"; readonly why: string };

/**
 * Brings a talk event to the phones of a DN, outside of any dialog. A promise that rejects counts as "unavailable".
 *
 * @param variables headers of the NOTIFY besides Event
 */
export type Deliver = (
  dn: string,
  event: "talk" | "hold",
  variables: Readonly<Record<string, string>>,
) => Promise<Delivery>;

export interface TalkDeskOptions {
  readonly deliver: Deliver;
  /** Milliseconds until the answer at the latest. */
  readonly deadline: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<RelayMetrics, "talk">;
}

/** Milliseconds for which a retransmission may still come: Timer J, 64*T1 (RFC 3261 17.2.2). */
const TIMER_J = 32_000;

/** Transactions that are kept at most. */
const MAX_TRANSACTIONS = 2_000;

/** Call-IDs that go into a header through AMI, where commas, quotes and backslashes mean something. */
const SAFE_CALL_ID = /^[A-Za-z0-9.@_:+~!*'%-]{1,256}$/;

interface Transaction {
  answer: { readonly status: number; readonly why: string } | undefined;
  readonly timer: Timer;
}

/**
 * Where talk events are delivered and answered: the one place where the relay is a user agent server and keeps
 * transactions, so that a retransmission makes no phone ring twice and gets the same answer.
 *
 * What can't be delivered gets 480, also when Asterisk is away: 503 would be about the relay as a whole, and Genesys
 * would take its calls elsewhere (21.5.4). So does what takes longer than the deadline, for an agent who is told of a
 * failure that was none loses nothing, but one who is told of a success that was none waits.
 */
export class TalkDesk {
  private readonly transactions = new Map<string, Transaction>();

  constructor(private readonly options: TalkDeskOptions) {}

  /** @param reply sends an answer; called once, or not at all when the first answer is still to come */
  take(talk: Talk, reply: (answer: Answer) => void): void {
    const { metrics } = this.options;
    const known = this.transactions.get(talk.transaction);
    if (known !== undefined) {
      metrics.talk(talk.event, "repeated");
      if (known.answer !== undefined) reply(talk.answer(known.answer.status, known.answer.why));
      return;
    }
    const transaction = this.open(talk.transaction);
    void this.deliver(talk).then(({ outcome, status, why }) => {
      transaction.answer = { status, why };
      metrics.talk(talk.event, outcome);
      this.report(talk, outcome, why);
      reply(talk.answer(status, why));
    });
  }

  stop(): void {
    for (const { timer } of this.transactions.values()) timer.cancel();
    this.transactions.clear();
  }

  private open(key: string): Transaction {
    const timer = this.options.clock.after(TIMER_J, () => this.transactions.delete(key));
    const transaction: Transaction = { answer: undefined, timer };
    this.transactions.set(key, transaction);
    const [oldest] = this.transactions;
    if (this.transactions.size > MAX_TRANSACTIONS && oldest !== undefined) {
      oldest[1].timer.cancel();
      this.transactions.delete(oldest[0]);
    }
    return transaction;
  }

  private async deliver(talk: Talk): Promise<{ outcome: TalkOutcome; status: number; why: string }> {
    const { dn } = talk;
    if (dn === undefined) return { outcome: "no-dn", status: 480, why: "it is not clear for which DN it is" };
    const delivery = await this.withinDeadline(this.attempt(dn, talk));
    switch (delivery?.outcome) {
      case "delivered":
        return { outcome: "delivered", status: 200, why: "OK" };
      case "no-phone":
        return { outcome: "no-phone", status: 480, why: `no phone is registered for DN ${dn}` };
      case "unavailable":
        return { outcome: "unavailable", status: 480, why: `Asterisk can't be asked: ${delivery.why}` };
      case undefined: {
        const why = `Asterisk took longer than ${this.options.deadline} ms`;
        return { outcome: "late", status: 480, why };
      }
    }
  }

  private async attempt(dn: string, { event, callUuid, callId }: Talk): Promise<Delivery> {
    try {
      return await this.options.deliver(dn, event, {
        ...(callUuid !== undefined && { "X-Genesys-CallUUID": callUuid }),
        ...(SAFE_CALL_ID.test(callId) && { "X-Genesys-Call-ID": callId }),
      });
    } catch (error) {
      return { outcome: "unavailable", why: (error as Error).message };
    }
  }

  /** undefined: not within the deadline. */
  private withinDeadline(delivery: Promise<Delivery>): Promise<Delivery | undefined> {
    const { clock, deadline } = this.options;
    return new Promise((resolve) => {
      const timer = clock.after(deadline, () => resolve(undefined));
      void delivery.then((result) => {
        timer.cancel();
        resolve(result);
      });
    });
  }

  private report({ event, dn, callId, callUuid }: Talk, outcome: TalkOutcome, why: string): void {
    const fields = { dn, callId, callUuid, event, outcome };
    if (outcome === "delivered") this.options.log.info(fields, `${event} event delivered to DN ${dn}`);
    else this.options.log.warn(fields, `${event} event for DN ${dn ?? "unknown"} not delivered: ${why}`);
  }
}
