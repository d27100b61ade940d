import type { Timer } from "../../../../lib/sip";
import type { GenesysConfig } from "../config";
import type { Log } from "../log";
import type { Answer } from "./answer";
import type { Attempt, Requester } from "./attempt";
import { Claims, MESSAGE_LIFETIME } from "./claims";
import type { ForwarderMeter } from "./meter";
import type { Lane, Pacer, Turn } from "./pacer";
import { RegisterClient, type RegisterClientContext, type Sent } from "./register-client";
import { refreshAfter, retryAfterFailure, retryAfterRefusal, retryAfterRequest } from "./schedule";
import { legalMoves, type State } from "./states";
import type { Upstream } from "./upstream";
import type { Upstreams } from "./upstreams";
import { judge, type Verdict } from "./verdict";

/** Milliseconds within which DNs come back to a server that has come back. */
export const RETURN_SPREAD = 5_000;

/** Milliseconds that a REGISTER may be under way (timer F): so long a binding may come into being. */
const ATTEMPT_LIFETIME = 32_000;

/** What comes next for a DN that rests. */
const REFRESH = "refresh";

/** What all registrations share. */
export interface RegistrationContext extends RegisterClientContext {
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly meter: ForwarderMeter;
  readonly pacer: Pacer;
  readonly upstreams: Upstreams;
  /** In force now. */
  timing(): GenesysConfig["registration"];
  /** Seconds that a binding of the DN has to last at least, because Asterisk relies on it too. */
  leastExpiry(dn: string): number;
}

/** What Genesys said last. */
export interface LastAnswer {
  readonly status: number;
  readonly reason: string;
  readonly at: number;
}

/** What happens next without anybody doing anything; `at` is undefined while it waits for its turn or an answer. */
export interface NextAction {
  readonly what: string;
  readonly at: number | undefined;
}

/**
 * One DN at Genesys (RFC 3261 10.2): registers it as long as it is wanted and releases it afterwards. One Call-ID and
 * a rising CSeq for its whole life, at most one request under way, and a newer one stops the retransmissions of the
 * older.
 */
export class Registration implements Requester {
  state: State = "idle";
  /** When the state was entered. */
  since: number;
  lastAnswer: LastAnswer | undefined;

  /** Whether Genesys is to know the DN. */
  wanted = false;
  /** When the phone's REGISTER came that Genesys has not granted yet. */
  private askedAt: number | undefined;
  private server: Upstream | undefined;
  private readonly claims = new Claims();
  private readonly client: RegisterClient;
  /** Seconds to ask for, above the configured ones once Genesys wanted more (423). */
  private minExpires = 0;
  private failures = 0;
  /** Servers that failed since the last wait. */
  private readonly tried = new Set<Upstream>();
  private attempt: Attempt | undefined;
  /** What waits for its turn, or for its time. */
  private what = "";
  private at: number | undefined;
  private turn: Turn | undefined;
  private timer: Timer | undefined;
  /** When an un-REGISTER was last left without an answer. */
  private farewellAt = Number.NEGATIVE_INFINITY;

  /** @param key chooses the socket that this DN uses */
  constructor(
    readonly dn: string,
    key: number,
    private readonly context: RegistrationContext,
  ) {
    this.client = new RegisterClient(dn, key, context);
    this.since = context.clock.now();
  }

  /** The server that holds the registration, or is asked for one; undefined while there is none. */
  get upstream(): Upstream | undefined {
    return this.attempt?.upstream ?? this.server;
  }

  get nextAction(): NextAction | undefined {
    const { attempt, turn, timer, what, at } = this;
    if (attempt !== undefined) return { what: `answer of ${attempt.upstream.name}`, at: undefined };
    if (turn !== undefined) return { what: `${what}, waits for its turn`, at: undefined };
    return timer === undefined ? undefined : { what, at };
  }

  /** When the binding at Genesys runs out, as far as it is known. */
  get expiresAt(): number | undefined {
    const until = this.server === undefined ? undefined : this.claims.until(this.server);
    return until !== undefined && until > this.context.clock.now() ? until : undefined;
  }

  /**
   * Make it so that Genesys knows the DN.
   * @param askedAt when the phone's REGISTER came, if that is why
   */
  want(why: string, askedAt?: number): void {
    if (this.wanted) return;
    this.wanted = true;
    this.askedAt = askedAt;
    this.failures = 0;
    this.begin("registering", why);
  }

  /** Make it so that Genesys doesn't know the DN. */
  unwant(why: string): void {
    if (this.wanted) this.release(why);
  }

  /** The same for a binding that was left to Asterisk, or is Asterisk's: see `inherit`. */
  release(why: string): void {
    this.wanted = false;
    this.failures = 0;
    this.halt();
    if (this.claims.standing(this.context.clock.now()).length === 0) this.rest(why);
    else {
      if (this.state !== "releasing") this.move("releasing", why);
      this.releaseNext();
    }
  }

  /** Asterisk has the DN: the binding stays, and is Asterisk's to refresh. */
  leave(why: string): void {
    this.wanted = false;
    this.failures = 0;
    this.halt();
    this.rest(why);
  }

  /** Asterisk leaves a binding at this server, which may last until then: it goes with the others. */
  inherit(upstream: Upstream, until: number): void {
    this.claims.sent(upstream, until);
  }

  /** Whether a request waits for its answer. */
  get asksNow(): boolean {
    return this.attempt !== undefined;
  }

  /**
   * Whether an un-REGISTER may still reach Genesys: one that waits for its answer, or a copy of one that was given up.
   * It would take away what Asterisk registers meanwhile.
   */
  get mayStillRelease(): boolean {
    const underWay = this.asksNow && this.client.sent?.expires === 0;
    return underWay || this.context.clock.now() - this.farewellAt < MESSAGE_LIFETIME;
  }

  /** Ask Genesys again now, unless that is under way already. */
  refresh(why: string): void {
    if (this.state === "registered") this.begin("refreshing", why);
    else if (this.state === "backing off") this.begin(this.bound, why);
  }

  /** A server is gone: what waits for it, or is registered there, turns to the next one. */
  upstreamDown(upstream: Upstream, why: string): void {
    if (this.attempt?.upstream === upstream) {
      this.halt();
      this.failed(upstream, why);
    } else if (this.state === "registered" && this.server === upstream) {
      const other = this.context.upstreams.choose(NONE, 0);
      if (other?.healthy)
        this.begin("refreshing", `moves to ${other.name}, because ${upstream.name} is gone: ${why}`);
    }
  }

  /**
   * A server is back. It may have forgotten everything, so a DN that is registered there registers again; and so does
   * one that prefers it to where it is, or that waits after a failure.
   */
  upstreamUp(upstream: Upstream): void {
    const { upstreams, random } = this.context;
    if (this.timer === undefined || this.attempt !== undefined) return;
    if (this.state === "registered" && this.server !== undefined && upstreams.precedes(this.server, upstream))
      return;
    const delay = random() * RETURN_SPREAD;
    if (this.at !== undefined && this.at <= this.context.clock.now() + delay) return;
    this.wait(delay, this.state === "releasing" ? "un-REGISTER" : "REGISTER", () =>
      this.proceed("Genesys is back"),
    );
  }

  /** Whether it is registered at a server, and nothing but its refresh is to come. */
  restsAt(upstream: Upstream): boolean {
    return (
      this.state === "registered" &&
      this.server === upstream &&
      this.timer !== undefined &&
      this.what === REFRESH
    );
  }

  /** A server has lost its bindings. */
  upstreamForgot(upstream: Upstream): void {
    if (!this.restsAt(upstream)) return;
    this.wait(this.context.random() * RETURN_SPREAD, "REGISTER", () => this.proceed("Genesys has lost it"));
  }

  /** Credentials have changed. */
  credentialsChanged(): void {
    this.client.credentialsChanged();
    if (this.state === "backing off") this.begin(this.bound, "the credentials have changed");
  }

  /** Stops everything as it is: Genesys keeps what it has. */
  stop(): void {
    this.halt();
  }

  /** The one place where the state changes. */
  private move(next: State, why: string): void {
    const { state, dn } = this;
    if (!legalMoves[state].includes(next))
      throw new Error(`DN ${dn}: ${state} to ${next} is no legal move (${why})`);
    this.state = next;
    this.since = this.context.clock.now();
    this.context.meter.moved(state, next);
    const routine =
      (state === "registered" && next === "refreshing") || (state === "refreshing" && next === "registered");
    this.context.log[routine ? "debug" : "info"](
      { dn, state: next, was: state },
      `DN ${dn} is ${next} now: ${why}${FOLLOWS[next] ?? ""}`,
    );
  }

  /** "refreshing" as long as Genesys holds a binding. */
  private get bound(): "refreshing" | "registering" {
    return this.expiresAt === undefined ? "registering" : "refreshing";
  }

  /** Goes on when a wait is over. */
  private proceed(why: string): void {
    if (this.state === "releasing") this.releaseNext();
    else this.begin(this.state === "registered" ? "refreshing" : this.bound, why);
  }

  private begin(next: "registering" | "refreshing", why: string): void {
    this.halt();
    this.move(next, why);
    this.tried.clear();
    this.queue(next === "refreshing" ? "refresh" : "other", "REGISTER", () => this.register());
  }

  private register(): void {
    const upstream = this.context.upstreams.choose(this.tried, this.failures);
    if (upstream === undefined) this.retryLater("no Genesys server is there");
    else this.send(upstream, this.asked);
  }

  private get asked(): number {
    return Math.max(this.context.timing().expires, this.minExpires, this.context.leastExpiry(this.dn));
  }

  /** @param expires seconds; 0 un-registers */
  private send(upstream: Upstream, expires: number): void {
    const { log, meter } = this.context;
    this.attempt = this.client.send(upstream, expires, this);
    const { sent } = this.client;
    if (this.attempt === undefined || sent === undefined) {
      this.failed(upstream, "there is no socket to it");
      return;
    }
    meter.sent(expires === 0 ? "unregister" : this.state === "refreshing" ? "refresh" : "register");
    if (expires > 0) this.claims.sent(upstream, sent.at + ATTEMPT_LIFETIME + expires * 1000);
    const what = expires > 0 ? "REGISTER to Genesys" : "un-REGISTER to Genesys";
    // The change of state has announced it, and its outcome will be told.
    log.debug({ dn: this.dn, server: upstream.name, cseq: sent.cseq, expires }, what);
  }

  onRetransmission(): void {
    this.context.pacer.charge();
    this.context.meter.retransmitted();
  }

  onFailure(why: string): void {
    const { attempt, context } = this;
    const { sent } = this.client;
    if (attempt === undefined || sent === undefined) return;
    this.attempt = undefined;
    context.meter.unanswered();
    if (sent.expires > 0) this.claims.unanswered(attempt.upstream, context.clock.now());
    else this.farewellAt = context.clock.now();
    this.failed(attempt.upstream, why);
  }

  onAnswer(answer: Answer): void {
    const { attempt, context } = this;
    const { sent } = this.client;
    if (attempt === undefined || sent === undefined) return;
    this.attempt = undefined;
    context.meter.answered(answer.status, (context.clock.now() - sent.at) / 1000);
    this.answered(attempt.upstream, answer, sent);
  }

  private answered(upstream: Upstream, answer: Answer, sent: Sent): void {
    const { status, reason } = answer;
    const verdict = judge(answer, sent);
    this.lastAnswer = { status, reason, at: this.context.clock.now() };
    this.logAnswer(upstream, answer, verdict);
    if (sent.expires > 0 && status >= 300) this.claims.refused(upstream);
    if (verdict.kind === "challenged") {
      this.challenged(upstream, answer, sent);
      return;
    }
    switch (verdict.kind) {
      case "granted":
        this.registered(upstream, verdict.expires);
        break;
      case "released":
        this.released(upstream, sent, status);
        break;
      case "too brief":
        this.minExpires = verdict.least;
        this.sendOn(upstream, verdict.least);
        break;
      case "refused":
        if (verdict.unknown) this.claims.forget(upstream);
        this.refused(`${status} ${reason}`);
        break;
      case "failed":
        if (verdict.elsewhere) this.failed(upstream, `${status} ${reason}`, verdict.retryAfter);
        else this.retryLater(`${status} ${reason}`, verdict.retryAfter);
    }
  }

  private logAnswer(upstream: Upstream, { status, reason }: Answer, verdict: Verdict): void {
    // A success is told with the change of state that it brings.
    const level = status < 300 ? "debug" : verdict.kind === "challenged" ? "info" : "warn";
    this.context.log[level](
      {
        dn: this.dn,
        server: upstream.name,
        status,
        reason,
        expires: verdict.kind === "granted" ? verdict.expires : undefined,
      },
      `${status} from Genesys`,
    );
  }

  private registered(upstream: Upstream, granted: number): void {
    this.server = upstream;
    this.claims.granted(upstream, this.context.clock.now() + granted * 1000);
    this.failures = 0;
    if (this.askedAt !== undefined)
      this.context.meter.registered((this.context.clock.now() - this.askedAt) / 1000);
    this.askedAt = undefined;
    this.move("registered", `200 from Genesys, ${upstream.name} grants ${granted} s`);
    this.wait(refreshAfter(granted, this.context.random()), REFRESH, () =>
      this.begin("refreshing", "it is time"),
    );
  }

  private challenged(upstream: Upstream, answer: Answer, sent: Sent): void {
    const outcome = this.client.challenge(upstream, answer.message);
    if (outcome === true) this.sendOn(upstream, sent.expires);
    else this.refused(outcome);
  }

  /** The next request of a turn that has come already. */
  private sendOn(upstream: Upstream, expires: number): void {
    this.context.pacer.charge();
    this.send(upstream, expires);
  }

  /** Refused until somebody puts it right. */
  private refused(why: string): void {
    const { timing, random } = this.context;
    this.pause(why, retryAfterRefusal(timing(), ++this.failures, random()));
  }

  /** Failed in a way that may pass by itself. */
  private retryLater(why: string, askedSeconds?: number): void {
    const { timing, random } = this.context;
    const delay = retryAfterFailure(timing(), ++this.failures, random());
    const asked = askedSeconds === undefined ? 0 : retryAfterRequest(askedSeconds, random());
    this.pause(why, Math.max(delay, asked));
  }

  /** A server could not be asked, or wants another one to be asked. */
  private failed(upstream: Upstream, why: string, askedSeconds?: number): void {
    this.tried.add(upstream);
    this.context.log.warn({ dn: this.dn, server: upstream.name, why }, "Genesys could not be asked");
    const releasing = this.state === "releasing";
    if (releasing || this.context.upstreams.choose(this.tried, this.failures) === undefined)
      this.retryLater(why, askedSeconds);
    else this.queue("refresh", "REGISTER", () => this.register());
  }

  private pause(why: string, delay: number): void {
    if (this.state === "releasing") {
      this.wait(delay, "un-REGISTER", () => this.releaseNext());
      return;
    }
    this.move("backing off", `${why}, tries again in ${Math.ceil(delay / 1000)} s`);
    this.wait(delay, "REGISTER", () => this.proceed("tries again"));
  }

  /** Servers that may hold a binding are released one after the other, those that are there first. */
  private releaseNext(why = "Genesys holds no binding any more"): void {
    const standing = this.claims.standing(this.context.clock.now());
    const healthy = standing.filter((one) => one.healthy);
    const candidates = healthy.length > 0 ? healthy : standing;
    const next = candidates[this.failures % candidates.length];
    if (next === undefined) {
      this.rest(why);
      return;
    }
    this.queue("other", "un-REGISTER", () => this.send(next, 0));
  }

  private released(upstream: Upstream, sent: Sent, status: number): void {
    if (this.claims.released(upstream, sent.at))
      this.releaseNext(`${status} from Genesys, which holds no binding any more`);
    else this.pause("an older REGISTER may still arrive", MESSAGE_LIFETIME);
  }

  private rest(why: string): void {
    this.server = undefined;
    if (this.state !== "idle") this.move("idle", why);
  }

  private queue(lane: Lane, what: string, action: () => void): void {
    this.what = what;
    const turn = this.context.pacer.enter(lane, () => {
      this.turn = undefined;
      action();
    });
    // What came at once may have led to another one.
    if (turn !== undefined) this.turn = turn;
  }

  private wait(delay: number, what: string, action: () => void): void {
    const { clock } = this.context;
    this.timer?.cancel();
    this.what = what;
    this.at = clock.now() + delay;
    this.timer = clock.after(delay, () => {
      this.timer = undefined;
      action();
    });
  }

  /** Drops what is under way. A REGISTER that was not answered may have arrived all the same. */
  private halt(): void {
    this.turn?.cancel();
    this.turn = undefined;
    this.timer?.cancel();
    this.timer = undefined;
    if (this.attempt === undefined) return;
    const now = this.context.clock.now();
    if (this.client.sent?.expires === 0) this.farewellAt = now;
    else this.claims.unanswered(this.attempt.upstream, now);
    this.attempt.cancel();
    this.attempt = undefined;
  }
}

const NONE: ReadonlySet<Upstream> = new Set();

/** What a state brings, in the words that operators look for. */
const FOLLOWS: Partial<Record<State, string>> = {
  registering: "; REGISTER to Genesys follows",
  releasing: "; un-REGISTER to Genesys follows",
};
