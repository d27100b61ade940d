import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK, type JWTPayload, jwtVerify } from "jose";
import type { CallControlConfig } from "../config";
import type { Principal } from "./principal";
import { isScope } from "./scopes";

type Settings = NonNullable<CallControlConfig["jwt"]>;

/** Signatures by public keys only: with an HMAC, whoever can check a token could make one. */
const algorithms = ["RS256", "ES256", "EdDSA"];

/** Seconds by which the issuer's clock may differ. */
const clockTolerance = 5;

export type TokenVerdict =
  | { readonly outcome: "good"; readonly principal: Principal }
  /** Signed by the issuer, and past its time: no guess. */
  | { readonly outcome: "expired" }
  | { readonly outcome: "bad" };

/** JSON Web Tokens of the issuer that the environment names (RFC 7519). */
export class Tokens {
  readonly #keys: ReturnType<typeof createLocalJWKSet>;

  /** @throws Error when `jwt.keys` is no key set */
  constructor(
    private readonly settings: Settings,
    private readonly now: () => number = Date.now,
  ) {
    this.#keys = createLocalJWKSet(readKeySet(settings.keys));
  }

  async check(token: string): Promise<TokenVerdict> {
    const { issuer, audience } = this.settings;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms,
        clockTolerance,
        requiredClaims: ["exp", "sub"],
        currentDate: new Date(this.now()),
      });
      const principal = this.#principal(payload);
      return principal === undefined ? { outcome: "bad" } : { outcome: "good", principal };
    } catch (error) {
      return { outcome: error instanceof errors.JWTExpired ? "expired" : "bad" };
    }
  }

  #principal({ sub, exp, scope, agent }: JWTPayload): Principal | undefined {
    if (typeof sub !== "string" || exp === undefined) return undefined;
    // A claim that can't be read must not open everybody's calls.
    if (agent !== undefined && !(typeof agent === "string" && /^[0-9]{1,20}$/.test(agent))) return undefined;
    const names = typeof scope === "string" ? scope.split(" ") : [];
    return {
      actor: `jwt:${sub.slice(0, 200)}`,
      scopes: new Set(names.filter(isScope)),
      ...(agent !== undefined && { agent }),
      isValid: () => this.now() < (exp + clockTolerance) * 1_000,
    };
  }
}

function readKeySet(text: string): JSONWebKeySet {
  try {
    const set = JSON.parse(text) as JSONWebKeySet;
    if (set.keys.length > 0 && set.keys.every(isPublic)) return set;
  } catch {
    // What it is instead is not told: it comes from a file of secrets.
  }
  throw new Error(
    'jwt.keys is no JSON Web Key Set of public keys: {"keys": [{"kty": "RSA", "n": ..., "e": ...}]} (RFC 7517)',
  );
}

/** Private and symmetric keys (RFC 7518, section 6) can sign: this service has no business with them. */
function isPublic(key: JWK): boolean {
  return typeof key.kty === "string" && key.d === undefined && key.k === undefined;
}
