/** Number of a client socket, never used twice. */
export type SocketId = number;

/** A REGISTER that Asterisk accepted. */
export interface RegistrationReport {
  readonly dn: string;
  readonly callId: string;
  /** What it set: seconds that Asterisk granted, 0 for what it removed. */
  readonly contacts: readonly { readonly uri: string; readonly expires: number }[];
  /** Contacts that Asterisk holds for the DN after it, of this phone and of others. */
  readonly left: number;
  /** When the REGISTER came, in milliseconds of the proxy's clock. */
  readonly askedAt?: number;
}

/** What the tunnel tells about phones. */
export interface PhoneEvents {
  /** @returns whether the log tells of it, as a change of the DN's state */
  accepted(socket: SocketId, report: RegistrationReport): boolean;
  /** A socket on which these DNs were registered is gone. */
  closed(socket: SocketId, dns: readonly string[]): void;
}
