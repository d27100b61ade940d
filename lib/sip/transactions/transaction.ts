import type { Clock, Timer } from "../clock";
import { SipError } from "../errors";
import type { Message } from "../message";
import type { TimerValues } from "./timers";

/** All that a transaction knows of the network: one peer, and whether what is sent arrives. */
export interface TransactionTransport {
  /** No retransmissions on it (TCP, TLS, WebSocket). */
  readonly reliable: boolean;
  /** Rejects when the message could not be handed over. */
  send(message: Message): Promise<void>;
}

export interface TransactionContext {
  readonly clock: Clock;
  readonly timers: TimerValues;
  readonly transport: TransactionTransport;
  /** The transaction is gone: forget its key. */
  readonly onTerminated: () => void;
}

/** Timer names of RFC 3261 table 4 and RFC 6026, and two of our own. */
type TimerName = "A" | "B" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "L" | "M" | "100" | "unanswered";

type LegalMoves<State extends string> = Readonly<Record<State, readonly State[]>>;

/** State, timers and sending, common to the four machines. It holds no socket and no clock of its own. */
export abstract class Transaction<State extends string> {
  private current: State | "terminated";
  private readonly running = new Map<TimerName, Timer>();

  protected constructor(
    initial: State,
    private readonly legal: LegalMoves<State | "terminated">,
    protected readonly context: TransactionContext,
  ) {
    this.current = initial;
  }

  get state(): State | "terminated" {
    return this.current;
  }

  /** End at once, without telling the transaction user: no timer fires and nothing is sent any more. */
  terminate(): void {
    if (this.current !== "terminated") this.moveTo("terminated");
  }

  /** The one place where the state changes. Throws SipError "illegal-transition". */
  protected moveTo(next: State | "terminated"): void {
    if (!this.legal[this.current].includes(next)) {
      throw new SipError("illegal-transition", `${this.constructor.name}: ${this.current} to ${next}`);
    }
    this.current = next;
    if (next !== "terminated") return;
    for (const timer of this.running.values()) timer.cancel();
    this.running.clear();
    this.context.onTerminated();
  }

  /** Start (or restart) a timer; a delay of 0 acts at once, as the RFC means by "set to zero seconds". */
  protected startTimer(name: TimerName, delay: number, action: () => void): void {
    this.stopTimer(name);
    if (delay === 0) {
      action();
      return;
    }
    const timer = this.context.clock.after(delay, () => {
      this.running.delete(name);
      action();
    });
    this.running.set(name, timer);
  }

  protected stopTimer(name: TimerName): void {
    this.running.get(name)?.cancel();
    this.running.delete(name);
  }

  protected transmit(message: Message): void {
    this.context.transport.send(message).catch((error: unknown) => {
      if (this.current !== "terminated") {
        this.transportFailed(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** What the machine does when a send failed (17.1.4, 17.2.4). */
  protected abstract transportFailed(error: Error): void;
}
