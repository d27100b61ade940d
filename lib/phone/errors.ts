/**
 * Any fault of the phone. Codes: "connect" (no WebSocket), "refused" (`status` says how), "deadline" (waited in
 * vain), "closed" (the WebSocket is gone), "failed" (no answer to a request), "state" (not possible now).
 */
export class PhoneError extends Error {
  constructor(
    public readonly code: "connect" | "refused" | "deadline" | "closed" | "failed" | "state",
    message: string,
    /** Status of the answer that refused it. */
    public readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "PhoneError";
  }
}
