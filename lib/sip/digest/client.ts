export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Answers challenges for one set of credentials and remembers nonces, so that nc rises and later requests can be
 * authorised before they are challenged (RFC 7616 3.4, 3.6). One instance per registration.
 */
export class DigestClient {
  constructor(_credentials: Credentials, _options?: { cnonce?: () => string }) {}

  /**
   * Take WWW-Authenticate and Proxy-Authenticate of a 401 or 407. "retry": send the request again with
   * `authorize`. "rejected": credentials are wrong (the same challenge again, not stale). "unsupported": no
   * challenge that can be answered.
   */
  challenge(_response: import("../message").SipResponse): "retry" | "rejected" | "unsupported" {
    throw new Error("not written yet");
  }

  /** Set Authorization and/or Proxy-Authorization for what was challenged so far; a no-op before. */
  authorize(_request: import("../message").SipRequest): void {
    throw new Error("not written yet");
  }

  /** Forget nonces (another server). */
  reset(): void {
    throw new Error("not written yet");
  }
}
