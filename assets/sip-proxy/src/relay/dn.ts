import { type NameAddr, SipParseError, type SipRequest, SipUri, type Uri } from "../../../../lib/sip";
import type { SideName } from "./sides";

/** The DN that a URI names. It ends in an AMI action, so nothing but digits will do. */
export function dnOf(uri: Uri): string | undefined {
  const user = uri instanceof SipUri ? uri.decodedUser : undefined;
  return user !== undefined && /^[0-9]{1,20}$/.test(user) ? user : undefined;
}

export function userOf(party: NameAddr): string | undefined {
  return dnOf(party.parsedUri);
}

/**
 * The agent's DN in a request that makes a call or a registration: Genesys calls the Contact of a DN, Asterisk calls
 * in the name of one. Throws SipParseError.
 */
export function agentOf(request: SipRequest, from: SideName): string | undefined {
  if (from === "asterisk") return userOf(request.from);
  return dnOf(request.parsedUri) ?? userOf(request.to);
}

/** The same for logs: of a request that may be broken. */
export function agentForLog(request: SipRequest, from: SideName): string | undefined {
  try {
    return agentOf(request, from);
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}
