import { type Clock, DigestClient, newBranch, newCallId, type Timer } from "../../../../lib/sip";
import type { GenesysConfig, GenesysServerConfig } from "../config";
import type { Log } from "../log";
import { Answer } from "./answer";
import { Attempt, type Requester } from "./attempt";
import { authorized, buildProbe, buildQuery } from "./messages";
import type { Link, OpenLink, Path } from "./network";

/** Milliseconds that a server has for the answer to an OPTIONS, which is sent four times in them. */
export const PROBE_DEADLINE = 4_000;

export interface UpstreamContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly openLink: OpenLink;
  /** Seconds between two OPTIONS. */
  readonly probeInterval: () => number;
  /** In force now. */
  credentials(): GenesysConfig["credentials"];
  onDown(upstream: Upstream, why: string): void;
  onUp(upstream: Upstream): void;
  /** A DN that is registered there, another one each time; undefined when there is none. */
  sample(upstream: Upstream): string | undefined;
  /** It says that it has no binding of this DN. */
  onForgotten(upstream: Upstream, dn: string): void;
}

/** One Genesys server: the requests to it that are under way, and whether it is there. */
export class Upstream {
  readonly name: string;
  readonly clock: Clock;
  private link: Link | undefined;
  /** By their branches. */
  private readonly active = new Map<string, Attempt>();
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
    this.clock = context.clock;
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
      onMessage: (bytes) => this.receive(bytes),
      onFailure: (error) => this.fail(error.message),
    });
    this.scheduleProbe();
    return this.link.ready;
  }

  async stop(): Promise<void> {
    this.retired = true;
    this.up = false;
    this.probe?.cancel();
    for (const attempt of [...this.active.values()]) attempt.cancel();
    await this.link?.close();
  }

  /**
   * Sends a request. Undefined when there is no socket to send it with; otherwise the requester hears of it, later.
   * @param key chooses the socket
   */
  attempt(
    key: number,
    build: (path: Path, branch: string) => Buffer,
    requester: Requester,
  ): Attempt | undefined {
    const { link } = this;
    const path = this.retired ? undefined : link?.path(key);
    if (link === undefined || path === undefined) return undefined;
    const branch = newBranch();
    const attempt = new Attempt(this, branch, requester, build(path, branch), path, link.reliable);
    this.active.set(branch, attempt);
    return attempt;
  }

  /** An attempt was not answered in time (timer F). */
  onTimeout(attempt: Attempt): void {
    this.active.delete(attempt.branch);
    attempt.requester.onFailure(TIMEOUT);
    // If others were answered meanwhile, it was the network that lost this one.
    if (this.lastAnswerAt < attempt.startedAt) this.markDown(TIMEOUT);
  }

  /** An attempt is not wanted any more. */
  onCancelled(attempt: Attempt): void {
    this.active.delete(attempt.branch);
  }

  private receive(bytes: Buffer): void {
    const answer = Answer.read(bytes);
    // These sockets are for our own requests: calls go to the trunk's address. What isn't sound is as good as lost.
    if (answer === undefined) {
      this.context.log.debug({ server: this.name }, "what came from Genesys is no answer: ignored");
      return;
    }
    this.alive();
    const attempt = this.active.get(answer.branch);
    if (attempt === undefined) return;
    if (answer.status < 200) {
      attempt.proceed();
      return;
    }
    this.active.delete(answer.branch);
    attempt.end();
    if (this.tellsBindings === undefined && answer.status < 300 && answer.listsBindings)
      this.tellsBindings = true;
    attempt.requester.onAnswer(answer);
  }

  /** The system says that nobody is there: what is under way has failed. */
  private fail(why: string): void {
    this.markDown(why);
    for (const attempt of [...this.active.values()]) {
      if (!this.active.has(attempt.branch)) continue; // given up by what became of another one
      attempt.cancel();
      attempt.requester.onFailure(why);
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
      onRetransmission: () => undefined,
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
    this.query(dn, ({ status, listsBindings }) => {
      const empty = status === 200 && !listsBindings;
      this.emptyAnswers = empty ? this.emptyAnswers + 1 : 0;
      if (empty && this.emptyAnswers < 3) this.context.onForgotten(this, dn);
      // One that has just been told everything, and still says that it has nothing, means something else.
      else if (empty || (status >= 400 && status < 500)) this.distrust(status);
    });
  }

  /** Asks for a DN's bindings, by nonces of its own: those of the DN's registration may be in use meanwhile. */
  private query(dn: string, onAnswer: (answer: Answer) => void): void {
    const { username = dn, password } = this.context.credentials() ?? {};
    const digest = password === undefined ? undefined : new DigestClient({ username, password });
    const callId = newCallId();
    const ask = (cseq: number) =>
      this.attempt(
        0,
        (path, branch) => authorized(buildQuery(dn, this.config, path, branch, { callId, cseq }), digest),
        {
          onAnswer: (answer) => {
            const isChallenge = answer.status === 401 || answer.status === 407;
            if (isChallenge && cseq === 1 && digest?.challenge(answer.message) === "retry") ask(2);
            else onAnswer(answer);
          },
          onFailure: () => undefined,
          onRetransmission: () => undefined,
        },
      );
    ask(1);
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

/** Timer F */
const TIMEOUT = "no answer within 32 s";
