/** Stable codes, so that callers can tell failures apart without reading messages. */
export type AriErrorCode =
  /** Asterisk can't be reached, or the connection broke. */
  | "ARI_CONNECTION"
  /** No answer in time. */
  | "ARI_TIMEOUT"
  /** The WebSocket stands and brings no events. */
  | "ARI_DEAF"
  /** What answers is not ARI, or it broke a limit. */
  | "ARI_PROTOCOL"
  /** 401: the user or its password is wrong. */
  | "ARI_LOGIN"
  /** 404: no such channel, bridge, recording... (any more). */
  | "ARI_NOT_FOUND"
  /** 409: the id is taken, or the thing is in no state for this, e.g. a channel that is not in Stasis. */
  | "ARI_CONFLICT"
  /** Any other 4xx, such as 400, 403, 412 and 422. */
  | "ARI_REFUSED"
  /** 5xx: Asterisk could not do it. */
  | "ARI_FAILED"
  /** The caller's value cannot be sent as it is. */
  | "ARI_VALUE"
  /** `start()` has not been called. */
  | "ARI_NOT_STARTED"
  /** Too many requests wait. */
  | "ARI_BUSY"
  /** Another client has taken the application's events over. */
  | "ARI_REPLACED"
  /** `stop()` was called. */
  | "ARI_STOPPED";

export class AriError extends Error {
  override readonly name: string = "AriError";

  constructor(
    readonly code: AriErrorCode,
    message: string,
    /**
     * The request may have been done all the same: it had been sent, and its answer was lost or can't be read. False where
     * nothing was sent, where Asterisk has refused, and for a GET, which changes nothing.
     */
    readonly outcomeUnknown = false,
  ) {
    super(message);
  }

  /** The same error of a request of which nobody can say whether it was done. */
  withUnknownOutcome(): AriError {
    return new AriError(this.code, this.message, true);
  }

  static connection(detail: string): AriError {
    return new AriError("ARI_CONNECTION", detail);
  }

  static timeout(what: string, milliseconds: number): AriError {
    return new AriError("ARI_TIMEOUT", `${what}: no answer within ${milliseconds} ms`);
  }

  static notAri(what: string, finding: string): AriError {
    return new AriError(
      "ARI_PROTOCOL",
      `${what}: ${finding}: is this Asterisk's HTTP server, and ARI enabled in its ari.conf?`,
    );
  }

  static unexpected(what: string, detail: string): AriError {
    return new AriError("ARI_PROTOCOL", `${what}: ${detail}`);
  }

  static limit(what: string, limit: number): AriError {
    return new AriError("ARI_PROTOCOL", `${what} passes the limit of ${limit}`);
  }

  static value(where: string, why: string): AriError {
    return new AriError("ARI_VALUE", `${where}: ${why}`);
  }

  static notStarted(): AriError {
    return new AriError("ARI_NOT_STARTED", "the ARI client has not been started");
  }

  static busy(what: string, limit: number): AriError {
    return new AriError("ARI_BUSY", `${what} is not sent: ${limit} requests wait already`);
  }

  static deaf(app: string, milliseconds: number): AriError {
    return new AriError(
      "ARI_DEAF",
      `Asterisk took the WebSocket of application "${app}", but an event that was made for it did not come within ${milliseconds} ms`,
    );
  }

  static replaced(app: string): AriError {
    return new AriError(
      "ARI_REPLACED",
      `another client has taken the ARI application "${app}" over: does a second instance of the service run?`,
    );
  }

  static stopped(): AriError {
    return new AriError("ARI_STOPPED", "the ARI client was stopped");
  }
}

/** Asterisk refused the user. Trying again soon is of no use, so the client backs off slowly. */
export class AriLoginError extends AriError {
  override readonly name = "AriLoginError";

  constructor(readonly username: string) {
    super("ARI_LOGIN", `Asterisk rejects the ARI user "${username}": the user or its password is wrong`);
  }
}

/** Asterisk answered a request with an error. */
export class AriRequestError extends AriError {
  override readonly name = "AriRequestError";

  constructor(
    readonly method: string,
    /** Below the base address, without the query, e.g. `/channels/7f3a`. */
    readonly path: string,
    /** HTTP's status. */
    readonly status: number,
    /** Asterisk's own words, e.g. `Channel not found`. */
    readonly reason: string,
  ) {
    super(codeOf(status), `Asterisk answers ${method} ${path} with ${status}: ${reason}`);
  }
}

function codeOf(status: number): AriErrorCode {
  if (status === 404) return "ARI_NOT_FOUND";
  if (status === 409) return "ARI_CONFLICT";
  return status < 500 ? "ARI_REFUSED" : "ARI_FAILED";
}

/** What a socket's error says; where a name has several addresses, each failed in its own way. */
export function wordsOf(cause: unknown): string {
  const { errors = [cause] } = cause as { errors?: readonly unknown[] };
  return errors.map((error) => (error as Error).message).join(", ");
}
