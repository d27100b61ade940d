import { Guesses, type GuessLimits, type Logger } from "../../../../lib/service";
import { ApiError } from "../http/errors";
import { isApiKey } from "./api-key";
import type { ApiKeys } from "./api-keys";
import type { Principal } from "./principal";
import type { Scope } from "./scopes";
import type { Tokens } from "./tokens";

export type RefusalReason = "missing" | "wrong" | "expired" | "guesses" | "scope";

export interface AccessMeter {
  refused(reason: RefusalReason): void;
}

const guessLimits: GuessLimits = { guessesPerMinute: 10, guessPenaltySeconds: 60 };

/** Keys of ours are 47 characters; tokens some hundred, and as headers at most 8 KiB. */
const BEARER = /^Bearer +([\w.~+/-]{1,8000}=*) *$/i;

/** Who a request comes from (RFC 6750), and whether it may do what it wants. */
export class Access {
  readonly #guesses = new Guesses(() => guessLimits);

  constructor(
    private readonly keys: ApiKeys,
    /** undefined: no tokens are taken. */
    private readonly tokens: Tokens | undefined,
    private readonly meter: AccessMeter,
    private readonly log: Logger,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @param authorization the header's value
   * @param address of who sends the request
   * @throws ApiError UNAUTHORIZED, the same whatever is wrong with the credentials, or TOO_MANY_GUESSES
   * @throws DatabaseAway
   */
  async authenticate(authorization: string | undefined, address: string): Promise<Principal> {
    if (authorization === undefined) throw this.#unauthorized("missing");
    const credentials = BEARER.exec(authorization)?.[1];
    const waits = this.#guesses.waits(address, this.now());
    if (waits > 0) return this.#whileWaiting(credentials, waits);
    if (credentials === undefined) throw this.#guessed(address);
    if (isApiKey(credentials)) {
      const principal = await this.keys.find(credentials);
      if (principal === undefined) throw this.#guessed(address);
      return principal;
    }
    const verdict = (await this.tokens?.check(credentials)) ?? { outcome: "bad" };
    if (verdict.outcome === "good") return verdict.principal;
    if (verdict.outcome === "expired") throw this.#unauthorized("expired");
    throw this.#guessed(address);
  }

  /** @throws ApiError FORBIDDEN, which names the scope */
  require({ scopes, actor }: Principal, scope: Scope): void {
    if (scopes.has(scope)) return;
    this.meter.refused("scope");
    throw new ApiError("FORBIDDEN", `${actor} does not have the scope ${scope}, which this needs`, {
      "WWW-Authenticate": `Bearer error="insufficient_scope", scope="${scope}"`,
    });
  }

  /** One who guesses behind a NAT must not lock out those whose keys are in use there. */
  #whileWaiting(credentials: string | undefined, seconds: number): Principal {
    const known =
      credentials !== undefined && isApiKey(credentials) ? this.keys.recall(credentials) : undefined;
    if (known !== undefined) return known;
    this.meter.refused("guesses");
    throw new ApiError("TOO_MANY_GUESSES", "too many wrong keys came from your address: wait a minute", {
      "Retry-After": String(seconds),
    });
  }

  #guessed(address: string): ApiError {
    if (this.#guesses.failed(address, undefined, this.now()).begins) {
      this.log.warn({ address }, "an address has sent too many wrong keys, and has to wait");
    }
    return this.#unauthorized("wrong");
  }

  #unauthorized(reason: RefusalReason): ApiError {
    this.meter.refused(reason);
    return new ApiError(
      "UNAUTHORIZED",
      "an API key or a token is needed that is good here: Authorization: Bearer <key>",
      { "WWW-Authenticate": 'Bearer realm="call-control"' },
    );
  }
}
