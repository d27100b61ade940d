/** Stable codes, so that callers can tell failures apart without reading messages. */
export type AmiErrorCode =
  /** The TCP connection could not be made, or was closed by the peer or by a fault. */
  | "AMI_CONNECTION"
  /** The peer did not answer in time. */
  | "AMI_TIMEOUT"
  /** The peer does not speak AMI, or broke a limit. */
  | "AMI_PROTOCOL"
  /** Asterisk refused the user or the secret. */
  | "AMI_LOGIN"
  /** Asterisk answered `Response: Error` to an action. */
  | "AMI_ACTION"
  /** The caller's action or header cannot be sent as it is. */
  | "AMI_VALUE"
  /** The client was told never to send this action. */
  | "AMI_NOT_ALLOWED"
  /** There is no session now; wait for `ready`. */
  | "AMI_NOT_READY"
  /** Too many actions are under way. */
  | "AMI_BUSY"
  /** `stop()` was called. */
  | "AMI_STOPPED";

export class AmiError extends Error {
  override readonly name: string = "AmiError";

  constructor(
    readonly code: AmiErrorCode,
    message: string,
  ) {
    super(message);
  }

  static connection(detail: string): AmiError {
    return new AmiError("AMI_CONNECTION", detail);
  }

  static timeout(what: string, milliseconds: number): AmiError {
    return new AmiError("AMI_TIMEOUT", `${what}: no answer within ${milliseconds} ms`);
  }

  static notBooted(username: string, milliseconds: number): AmiError {
    return new AmiError(
      "AMI_TIMEOUT",
      `no FullyBooted event within ${milliseconds} ms of the login: Asterisk is still starting, or the AMI user "${username}" lacks the read class "system" in manager.conf`,
    );
  }

  static notAmi(line: string): AmiError {
    return new AmiError(
      "AMI_PROTOCOL",
      `the peer greets with ${JSON.stringify(line.slice(0, 60))}, not with "Asterisk Call Manager/<version>": is this the AMI port?`,
    );
  }

  static limit(what: string, limit: number): AmiError {
    return new AmiError("AMI_PROTOCOL", `the peer's ${what} passes the limit of ${limit}`);
  }

  static value(where: string, why: string): AmiError {
    return new AmiError("AMI_VALUE", `${where}: ${why}`);
  }

  static notAllowed(action: string, allowed: Iterable<string>): AmiError {
    return new AmiError(
      "AMI_NOT_ALLOWED",
      `action ${action} is not sent: this client may send only ${[...allowed].join(", ")}`,
    );
  }

  static notReady(action: string, state: string): AmiError {
    return new AmiError("AMI_NOT_READY", `action ${action} is not sent: the AMI connection is ${state}`);
  }

  static busy(action: string, limit: number): AmiError {
    return new AmiError("AMI_BUSY", `action ${action} is not sent: ${limit} actions wait for their answer`);
  }

  static stopped(): AmiError {
    return new AmiError("AMI_STOPPED", "the AMI client was stopped");
  }
}

/** Asterisk refused the login. Trying again soon is of no use, so the client backs off slowly. */
export class AmiLoginError extends AmiError {
  override readonly name = "AmiLoginError";

  constructor(
    readonly username: string,
    readonly reason: string,
  ) {
    super("AMI_LOGIN", `Asterisk rejects the AMI user "${username}": ${reason}`);
  }
}

/** Asterisk answered an action with `Response: Error`. */
export class AmiActionError extends AmiError {
  override readonly name = "AmiActionError";

  constructor(
    readonly action: string,
    /** Asterisk's own words, e.g. `Permission denied`. */
    readonly reason: string,
  ) {
    super("AMI_ACTION", `Asterisk answers ${action} with an error: ${reason}`);
  }
}
