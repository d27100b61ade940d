import { newTag, SipParseError, SipRequest, type SipResponse, SipUri } from "../../../../lib/sip";
import type { GenesysServerConfig } from "../config";
import type { Path } from "./network";

const USER_AGENT = "webrtc-genesys";

export interface RegisterInit {
  readonly dn: string;
  readonly server: GenesysServerConfig;
  readonly path: Path;
  readonly branch: string;
  readonly callId: string;
  readonly fromTag: string;
  readonly cseq: number;
  /** URI */
  readonly contact: string;
  /** Seconds; 0 un-registers. */
  readonly expires: number;
}

/** Host as it stands in a URI: IPv6 in brackets. */
export function uriHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function serverUri(user: string, { host, port, transport }: GenesysServerConfig): string {
  return `sip:${user}${uriHost(host)}:${port}${transport === "tcp" ? ";transport=tcp" : ""}`;
}

/** REGISTER of RFC 3261 10.2 for a DN whose calls are to come to `contact`. */
export function buildRegister(init: RegisterInit): SipRequest {
  const address = `<sip:${init.dn}@${uriHost(init.server.host)}:${init.server.port}>`;
  return SipRequest.create({
    method: "REGISTER",
    uri: serverUri("", init.server),
    headers: [
      ["Via", `${init.path.via};rport;branch=${init.branch}`],
      ["From", `${address};tag=${init.fromTag}`],
      ["To", address],
      ["Call-ID", init.callId],
      ["CSeq", `${init.cseq} REGISTER`],
      ["Contact", `<${init.contact}>`],
      ["Expires", init.expires],
      ["User-Agent", USER_AGENT],
    ],
  });
}

/** OPTIONS (RFC 3261 11) that asks a server whether it is there; any answer will do. */
export function buildProbe(
  server: GenesysServerConfig,
  path: Path,
  branch: string,
  callId: string,
): SipRequest {
  const uri = serverUri("", server);
  return SipRequest.create({
    method: "OPTIONS",
    uri,
    headers: [
      ["Via", `${path.via};rport;branch=${branch}`],
      ["From", `<sip:probe@${uriHost(server.host)}>;tag=${newTag()}`],
      ["To", `<${uri}>`],
      ["Call-ID", callId],
      ["CSeq", "1 OPTIONS"],
      ["User-Agent", USER_AGENT],
    ],
  });
}

/**
 * Seconds that a 200 to REGISTER grants to our contact: its own `expires`, else the Expires header, else what was
 * asked (RFC 3261 10.2.4). A 200 lists every binding of the DN, also those of others.
 */
export function grantedExpires(response: SipResponse, contact: string, asked: number): number {
  return ownContactExpires(response, contact) ?? lenient(() => response.expires) ?? asked;
}

function ownContactExpires(response: SipResponse, contact: string): number | undefined {
  const contacts = lenient(() => response.contacts);
  if (contacts === undefined || contacts === "*") return undefined;
  const own =
    contacts.find(({ uri }) => uri === contact) ?? contacts.find(({ uri }) => sameUri(uri, contact));
  return own?.expires;
}

function sameUri(one: string, other: string): boolean {
  return lenient(() => SipUri.parse(one).equals(SipUri.parse(other))) ?? false;
}

/** Seconds of a Min-Expires header (RFC 3261 20.23). */
export function minExpires(response: SipResponse): number | undefined {
  return leadingSeconds(response.get("Min-Expires"));
}

/** Seconds of a Retry-After header, which may carry a comment and parameters (RFC 3261 20.33). */
export function retryAfter(response: SipResponse): number | undefined {
  return leadingSeconds(response.get("Retry-After"));
}

function leadingSeconds(value: string | undefined): number | undefined {
  const match = /^(\d{1,10})(?:[ \t(;]|$)/.exec(value ?? "");
  return match === null ? undefined : Number(match[1]);
}

/** A header that doesn't parse is as good as none: the answer's status counts all the same. */
function lenient<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}
