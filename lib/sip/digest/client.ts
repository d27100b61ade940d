import { decodeText, encodeText, quote } from "../grammar";
import { type AuthValue, parseAuth } from "../headers/auth";
import { randomHex } from "../identifiers";
import type { SipRequest, SipResponse } from "../message";
import { digestResponse, nonceCount, supportedAlgorithm } from "./hash";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A challenge that is being answered. */
interface Answering {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: string;
  /** As the challenge wrote it; left out of the answer when it had none. */
  readonly statedAlgorithm: string | undefined;
  readonly qop: boolean;
  /** Requests authorised with this nonce so far. */
  count: number;
}

const HEADERS = [
  ["WWW-Authenticate", "Authorization"],
  ["Proxy-Authenticate", "Proxy-Authorization"],
] as const;

/** Nonces in a row that a server may call stale before that counts as a refusal. */
const MAX_STALE = 3;

/**
 * Answers challenges for one set of credentials and remembers nonces, so that nc rises and later requests are
 * authorised before they are challenged (RFC 7616 3.4, 3.6; RFC 8760). One instance per registration.
 */
export class DigestClient {
  /** By the header of the answer. */
  private readonly answering = new Map<string, Answering>();
  private staleInRow = 0;

  constructor(
    private readonly credentials: Credentials,
    private readonly options: { readonly cnonce?: () => string } = {},
  ) {}

  /**
   * Take the challenges of a 401 or 407. "retry": send the request again with `authorize`. "rejected": the answer
   * to a fresh nonce was refused, so the credentials are wrong; nonces are forgotten. "unsupported": no challenge
   * that can be answered.
   */
  challenge(response: SipResponse): "retry" | "rejected" | "unsupported" {
    let outcome: "retry" | "unsupported" = "unsupported";
    for (const [challengeHeader, answerHeader] of HEADERS) {
      const challenges = response.values(challengeHeader);
      if (challenges.length === 0) continue;
      const chosen = firstSupported(challenges, challengeHeader);
      if (chosen === undefined) continue;
      if (this.isRefusal(this.answering.get(answerHeader), chosen)) {
        this.reset();
        return "rejected";
      }
      this.answering.set(answerHeader, toAnswering(chosen));
      outcome = "retry";
    }
    return outcome;
  }

  /** Set Authorization and Proxy-Authorization for what was challenged so far; nothing before that. */
  authorize(request: SipRequest): void {
    for (const [header, answering] of this.answering) {
      answering.count++;
      request.set(header, this.answer(request, answering));
    }
  }

  /** Forget nonces: another server, or credentials that were changed there. */
  reset(): void {
    this.answering.clear();
    this.staleInRow = 0;
  }

  /**
   * A nonce that was used before may have run out, said (stale) or not. A first answer to a nonce that is
   * challenged again is wrong, unless the server says stale, which it may not go on doing.
   */
  private isRefusal(previous: Answering | undefined, next: AuthValue): boolean {
    if (previous === undefined || previous.count === 0) return false;
    const stale = next.params.get("stale")?.toLowerCase() === "true";
    // A nonce that was used again had been accepted before, so the row starts anew.
    this.staleInRow = !stale ? 0 : previous.count > 1 ? 1 : this.staleInRow + 1;
    if (stale) return this.staleInRow > MAX_STALE;
    return previous.count === 1 || previous.nonce === next.params.get("nonce");
  }

  private answer(request: SipRequest, answering: Answering): string {
    const { username, password } = this.credentials;
    const { realm, nonce, algorithm, opaque } = answering;
    const nc = nonceCount(answering.count);
    const cnonce = this.options.cnonce?.() ?? randomHex(8);
    const needsCnonce = answering.qop || algorithm.endsWith("-sess");
    const response = digestResponse({
      algorithm,
      username,
      realm: decodeText(realm),
      password,
      method: request.method,
      uri: request.uri,
      nonce,
      qop: answering.qop ? { value: "auth", nc, cnonce } : undefined,
      cnonce,
    });
    const params = [
      `username=${quote(encodeText(username))}`,
      `realm=${quote(realm)}`,
      `nonce=${quote(nonce)}`,
      `uri=${quote(request.uri)}`,
      `response="${response}"`,
    ];
    if (answering.statedAlgorithm !== undefined) params.push(`algorithm=${answering.statedAlgorithm}`);
    if (needsCnonce) params.push(`cnonce=${quote(cnonce)}`);
    if (opaque !== undefined) params.push(`opaque=${quote(opaque)}`);
    if (answering.qop) params.push("qop=auth", `nc=${nc}`);
    return `Digest ${params.join(", ")}`;
  }
}

/** RFC 8760 2.4: challenges come in the server's order of preference; take the first that can be answered. */
function firstSupported(challenges: readonly string[], place: string): AuthValue | undefined {
  for (const text of challenges) {
    try {
      const challenge = parseAuth(text, place);
      if (isSupported(challenge)) return challenge;
    } catch {
      // A challenge that does not parse can't be answered; another one may.
    }
  }
  return undefined;
}

function isSupported({ scheme, params }: AuthValue): boolean {
  return (
    scheme.toLowerCase() === "digest" &&
    params.has("realm") &&
    params.has("nonce") &&
    supportedAlgorithm(params.get("algorithm") ?? "MD5") !== undefined &&
    (!params.has("qop") || offersAuth(params.get("qop") ?? ""))
  );
}

function offersAuth(qop: string): boolean {
  return qop.split(",").some((value) => value.trim().toLowerCase() === "auth");
}

function toAnswering({ params }: AuthValue): Answering {
  const statedAlgorithm = params.get("algorithm");
  return {
    realm: params.get("realm") ?? "",
    nonce: params.get("nonce") ?? "",
    opaque: params.get("opaque"),
    algorithm: supportedAlgorithm(statedAlgorithm ?? "MD5") ?? "MD5",
    statedAlgorithm,
    qop: params.has("qop"),
    count: 0,
  };
}
