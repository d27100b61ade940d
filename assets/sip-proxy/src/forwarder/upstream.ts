import {
  type ClientTransaction,
  type Clock,
  type Message,
  newBranch,
  newCallId,
  SipParseError,
  type SipRequest,
  type SipResponse,
  type Timer,
  TransactionLayer,
  type TransactionTransport,
} from "../../../../lib/sip";
import type { GenesysServerConfig } from "../config";
import type { Log } from "../log";
import { buildProbe, buildQuery } from "./messages";
import type { Link, OpenLink, Path } from "./network";

/** Milliseconds that a server has for the answer to an OPTIONS, which is sent four times in them. */
export const PROBE_DEADLINE = 4_000;

/** How an attempt ends; exactly one of them is called, none after `cancel`. */
export interface AttemptHandlers {
  /** A final response. */
  onAnswer(response: SipResponse): void;
  /** No response in time (timer F), or nobody there to send it to. */
  onFailure(why: string): void;
  /** The request is sent once more (timer E). */
  onRetransmission?(): void;
}

/** A request under way. */
export interface Attempt {
  readonly upstream: Upstream;
  cancel(): void;
}

export interface UpstreamContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly openLink: OpenLink;
  /** Seconds between two OPTIONS. */
  readonly probeInterval: () => number;
  onDown(upstream: Upstream, why: string): void;
  onUp(upstream: Upstream): void;
  /** A DN that is registered there, another one each time; undefined when there is none. */
  sample(upstream: Upstream): string | undefined;
  /** It says that it has no binding of this DN. */
  onForgotten(upstream: Upstream, dn: string): void;
}

interface ActiveAttempt extends Attempt {
  readonly transaction: ClientTransaction;
  readonly handlers: AttemptHandlers;
}

/** One Genesys server: its transactions (RFC 3261 17.1.2), and whether it is there. */
export class Upstream {
  readonly name: string;
  private link: Link | undefined;
  private readonly layer: TransactionLayer<TransactionTransport>;
  private readonly active = new Set<ActiveAttempt>();
  private up = true;
  private retired = false;
  private lastAnswerAt = Number.NEGATIVE_INFINITY;
  private answersProbes = false;
  private warnedOfProbes = false;
  /** Undefined until it has listed a binding in an answer to REGISTER; false: it won't be asked for them. */
  private tellsBindings: boolean | undefined;
  private emptyAnswers = 0;
  private probe: Timer | undefined;

  constructor(
    readonly config: GenesysServerConfig,
    private readonly context: UpstreamContext,
  ) {
    this.name = `${config.host}:${config.port}/${config.transport}`;
    this.layer = new TransactionLayer<TransactionTransport>({
      clock: context.clock,
      // Sockets to Genesys are for our own requests: calls go to the trunk's address.
      onRequest: () => ({ onTransportError: () => undefined, onTimeout: () => undefined }),
      onAck: () => undefined,
    });
  }

  /** False from the first evidence that it is gone until it answers again. */
  get healthy(): boolean {
    return this.up;
  }

  /** True once it was taken off the list: nothing is sent to it any more. */
  get gone(): boolean {
    return this.retired;
  }

  /** Resolves when its sockets are there. */
  start(): Promise<void> {
    this.link = this.context.openLink(this.config, {
      onMessage: (message) => this.receive(message),
      onFailure: (error) => this.fail(error.message),
    });
    this.scheduleProbe();
    return this.link.ready;
  }

  async stop(): Promise<void> {
    this.retired = true;
    this.up = false;
    this.probe?.cancel();
    for (const attempt of [...this.active]) attempt.cancel();
    this.layer.close();
    await this.link?.close();
  }

  /** Undefined when there is no socket to send it with; otherwise one of the handlers is called, later. */
  attempt(
    key: number,
    build: (path: Path, branch: string) => SipRequest,
    handlers: AttemptHandlers,
  ): Attempt | undefined {
    const path = this.retired ? undefined : this.link?.path(key);
    if (path === undefined) return undefined;
    const startedAt = this.context.clock.now();
    const end = (act: () => void) => {
      if (!this.active.delete(attempt)) return;
      transaction.terminate();
      act();
    };
    const transaction = this.layer.request(
      build(path, newBranch()),
      this.transport(path, handlers.onRetransmission),
      {
        onResponse: (response) => {
          // Timer K would only wait for copies of the answer: without a transaction they are dropped as well.
          if (response.status < 200) return;
          if (response.status < 300 && response.has("Contact")) this.tellsBindings ??= true;
          end(() => handlers.onAnswer(response));
        },
        onTimeout: () =>
          end(() => {
            handlers.onFailure(TIMEOUT);
            // If others were answered meanwhile, it was the network that lost this one.
            if (this.lastAnswerAt < startedAt) this.markDown(TIMEOUT);
          }),
        onTransportError: (error) => end(() => handlers.onFailure(error.message)),
      },
    );
    const attempt: ActiveAttempt = {
      upstream: this,
      transaction,
      handlers,
      cancel: () => end(() => undefined),
    };
    this.active.add(attempt);
    return attempt;
  }

  private transport(path: Path, onRetransmission: (() => void) | undefined): TransactionTransport {
    let sent = false;
    return {
      reliable: this.link?.reliable ?? false,
      send: (message) => {
        if (sent) onRetransmission?.();
        sent = true;
        path.send(message.toBuffer());
        return DONE;
      },
    };
  }

  private receive(message: Message): void {
    if (message.isRequest) {
      this.context.log.debug(
        { server: this.name, method: message.method },
        "request from Genesys ignored here",
      );
      return;
    }
    this.alive();
    try {
      this.layer.receiveResponse(message, { reliable: true, send: () => DONE });
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.context.log.debug({ server: this.name, fault: error.message }, "answer from Genesys is malformed");
    }
  }

  /** The system says that nobody is there: what is under way has failed. */
  private fail(why: string): void {
    this.markDown(why);
    for (const attempt of [...this.active]) {
      if (!this.active.has(attempt)) continue; // given up by what became of another one
      attempt.cancel();
      attempt.handlers.onFailure(why);
    }
  }

  private alive(): void {
    this.lastAnswerAt = this.context.clock.now();
    if (this.up || this.retired) return;
    this.up = true;
    this.context.log.info({ server: this.name }, "Genesys answers again");
    this.context.onUp(this);
  }

  private markDown(why: string): void {
    if (!this.up) return;
    this.up = false;
    this.context.log.warn({ server: this.name, why }, "Genesys does not answer");
    this.context.onDown(this, why);
  }

  private scheduleProbe(): void {
    const { clock, random, probeInterval } = this.context;
    this.probe = clock.after(probeInterval() * 1000 * (0.75 + random() * 0.5), () => this.sendProbe());
  }

  private sendProbe(): void {
    const { clock } = this.context;
    const next = () => {
      this.probe?.cancel();
      this.scheduleProbe();
    };
    const attempt = this.attempt(0, (path, branch) => buildProbe(this.config, path, branch, newCallId()), {
      onAnswer: () => {
        this.answersProbes = true;
        next();
        this.checkMemory();
      },
      onFailure: next,
    });
    if (attempt === undefined) {
      next();
      return;
    }
    const startedAt = clock.now();
    this.probe = clock.after(PROBE_DEADLINE, () => {
      attempt.cancel();
      this.unanswered(startedAt);
      this.scheduleProbe();
    });
  }

  /**
   * A server that restarts between two OPTIONS may have forgotten everything, and calls would fail until the next
   * refreshes: so it is asked for one of its bindings, if it ever lists them. Only an answer without any
   * counts, because a server may write a Contact in its own way.
   */
  private checkMemory(): void {
    const dn = this.tellsBindings ? this.context.sample(this) : undefined;
    if (dn === undefined) return;
    this.attempt(0, (path, branch) => buildQuery(dn, this.config, path, branch, newCallId()), {
      onAnswer: (response) => {
        const { status } = response;
        const empty = status === 200 && !response.has("Contact");
        this.emptyAnswers = empty ? this.emptyAnswers + 1 : 0;
        if (empty && this.emptyAnswers < 3) this.context.onForgotten(this, dn);
        // One that has just been told everything, and still says that it has nothing, means something else.
        else if (empty || (status >= 400 && status < 500)) this.distrust(status);
      },
      onFailure: () => undefined,
    });
  }

  private distrust(status: number): void {
    this.tellsBindings = false;
    this.context.log.info(
      { server: this.name, status },
      "Genesys does not tell its bindings: that it has lost them is noticed by the next refreshes only",
    );
  }

  /** Silence tells something only of a server that has answered OPTIONS before, and nothing else meanwhile. */
  private unanswered(since: number): void {
    const { log } = this.context;
    if (this.lastAnswerAt >= since) {
      if (this.answersProbes || this.warnedOfProbes) return;
      this.warnedOfProbes = true;
      log.warn(
        { server: this.name },
        "Genesys answers REGISTER but not OPTIONS: its loss is noticed late, and its return not at all",
      );
    } else if (this.answersProbes) this.markDown(`no answer to OPTIONS within ${PROBE_DEADLINE / 1000} s`);
  }
}

const DONE = Promise.resolve();

/** Timer F */
const TIMEOUT = "no answer within 32 s";
