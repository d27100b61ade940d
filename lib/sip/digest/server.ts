import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Clock, systemClock } from "../clock";
import { decodeText, encodeText, quote } from "../grammar";
import { type AuthValue, parseAuth } from "../headers/auth";
import type { SipRequest } from "../message";
import { digestResponse } from "./hash";

export interface DigestServerOptions {
  readonly realm: string;
  /** Password of a user; undefined for an unknown one. */
  readonly password: (username: string) => string | undefined;
  /** In order of preference, one challenge each (RFC 8760 2.3). @default ["MD5"] */
  readonly algorithms?: readonly ("MD5" | "SHA-256")[] | undefined;
  /** Seconds a nonce is good for. @default 300 */
  readonly nonceLifetime?: number | undefined;
  /** "www": 401 and Authorization; "proxy": 407 and Proxy-Authorization. @default "www" */
  readonly kind?: "www" | "proxy" | undefined;
  /** Nonces whose use is remembered; the oldest are forgotten, and refused as stale. @default 100000 */
  readonly maxNonces?: number | undefined;
  readonly clock?: Clock | undefined;
}

export type DigestVerdict =
  | { readonly ok: true; readonly username: string }
  | {
      readonly ok: false;
      /** "wrong": unknown user or wrong password. "replayed": an nc that was used before. */
      readonly reason: "missing" | "stale" | "wrong" | "malformed" | "replayed";
      readonly username: string | undefined;
      /** Headers of the 401 or 407. */
      readonly challenges: readonly (readonly [name: string, value: string])[];
    };

const REQUIRED = ["username", "realm", "nonce", "uri", "response", "cnonce", "nc"] as const;

/** Issues and verifies challenges with qop "auth" (RFC 7616). Nonces are signed, so only their use counts are held. */
export class DigestServer {
  private readonly secret = randomBytes(32);
  /** Highest nc by nonce, oldest nonce first. */
  private readonly counts = new Map<string, number>();
  private readonly clock: Clock;
  private readonly algorithms: readonly string[];
  private readonly lifetime: number;
  private readonly headers: readonly [challenge: string, answer: string];

  constructor(private readonly options: DigestServerOptions) {
    this.clock = options.clock ?? systemClock;
    this.algorithms = options.algorithms ?? ["MD5"];
    this.lifetime = (options.nonceLifetime ?? 300) * 1_000;
    this.headers =
      options.kind === "proxy"
        ? ["Proxy-Authenticate", "Proxy-Authorization"]
        : ["WWW-Authenticate", "Authorization"];
  }

  /** Judge a request by its credentials for this realm. */
  verify(request: SipRequest): DigestVerdict {
    const credentials = this.credentialsOf(request);
    if (credentials === undefined) return this.refuse("missing");
    if (credentials === "malformed") return this.refuse("malformed");
    const { params } = credentials;
    const text = (name: string) => params.get(name) ?? "";
    const username = decodeText(text("username"));
    const algorithm = this.algorithms.find(
      (name) => name === (params.get("algorithm") ?? "MD5").toUpperCase(),
    );
    const sound =
      REQUIRED.every((name) => params.has(name)) &&
      params.get("qop")?.toLowerCase() === "auth" &&
      /^[0-9a-f]{8}$/i.test(text("nc")) &&
      algorithm !== undefined;
    if (!sound) return this.refuse("malformed", username);
    const age = this.ageOf(text("nonce"));
    if (age === undefined || age > this.lifetime) return this.refuse("stale", username);
    const password = this.options.password(username);
    const expected = digestResponse({
      algorithm,
      username,
      realm: this.options.realm,
      password: password ?? "",
      method: request.method,
      uri: text("uri"),
      nonce: text("nonce"),
      qop: { value: "auth", nc: text("nc"), cnonce: text("cnonce") },
    });
    if (password === undefined || !sameText(expected, text("response").toLowerCase())) {
      return this.refuse("wrong", username);
    }
    return this.countUse(text("nonce"), Number.parseInt(text("nc"), 16))
      ? { ok: true, username }
      : this.refuse("replayed", username);
  }

  private credentialsOf(request: SipRequest): AuthValue | "malformed" | undefined {
    const [, header] = this.headers;
    for (const text of request.values(header)) {
      try {
        const value = parseAuth(text, header);
        if (value.scheme.toLowerCase() !== "digest") continue;
        if (decodeText(value.params.get("realm") ?? "") === this.options.realm) return value;
      } catch {
        return "malformed";
      }
    }
    return undefined;
  }

  private refuse(
    reason: "missing" | "stale" | "wrong" | "malformed" | "replayed",
    username?: string,
  ): DigestVerdict {
    // The digest of a stale or replayed one was, or may have been, right: the client may try again without asking.
    const stale = reason === "stale" || reason === "replayed" ? ", stale=true" : "";
    const realm = quote(encodeText(this.options.realm));
    const challenges = this.algorithms.map((algorithm) => {
      const nonce = this.issueNonce();
      return [
        this.headers[0],
        `Digest realm=${realm}, nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale}`,
      ] as const;
    });
    return { ok: false, reason, username, challenges };
  }

  /** Time of issue, something random, and a signature over both. */
  private issueNonce(): string {
    const body = `${Math.floor(this.clock.now()).toString(36)}.${randomBytes(6).toString("hex")}`;
    const nonce = `${body}.${this.sign(body)}`;
    this.counts.set(nonce, 0);
    const limit = this.options.maxNonces ?? 100_000;
    for (const oldest of this.counts.keys()) {
      if (this.counts.size <= limit && !this.isExpired(oldest)) break;
      this.counts.delete(oldest);
    }
    return nonce;
  }

  private sign(body: string): string {
    return createHmac("sha256", this.secret).update(body).digest("hex").slice(0, 32);
  }

  /** Milliseconds since a nonce of ours was issued; undefined for anything else. */
  private ageOf(nonce: string): number | undefined {
    const dot = nonce.lastIndexOf(".");
    const body = nonce.slice(0, Math.max(dot, 0));
    if (!sameText(this.sign(body), nonce.slice(dot + 1))) return undefined;
    return this.clock.now() - Number.parseInt(body, 36);
  }

  private isExpired(nonce: string): boolean {
    return this.clock.now() - Number.parseInt(nonce, 36) > this.lifetime;
  }

  /** False when this nc, or a later one, was used already, or the nonce's uses are forgotten (RFC 7616 3.4). */
  private countUse(nonce: string, count: number): boolean {
    const last = this.counts.get(nonce);
    if (last === undefined || count <= last) return false;
    this.counts.set(nonce, count);
    return true;
  }
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a, "latin1");
  const right = Buffer.from(b, "latin1");
  return left.length === right.length && timingSafeEqual(left, right);
}
