import { formatAddress, newTag, SipRequest, uriHost } from "../../../../lib/sip";
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

function serverUri({ host, port, transport }: GenesysServerConfig): string {
  return `sip:${formatAddress({ address: host, port })}${transport === "tcp" ? ";transport=tcp" : ""}`;
}

/** REGISTER of RFC 3261 10.2 for a DN whose calls are to come to `contact`. */
export function buildRegister(init: RegisterInit): SipRequest {
  const { host, port } = init.server;
  const address = `<sip:${init.dn}@${formatAddress({ address: host, port })}>`;
  return SipRequest.create({
    method: "REGISTER",
    uri: serverUri(init.server),
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

/** REGISTER without a Contact: asks for the bindings of a DN and changes none (RFC 3261 10.2.3). */
export function buildQuery(
  dn: string,
  server: GenesysServerConfig,
  path: Path,
  branch: string,
  callId: string,
): SipRequest {
  const address = `<sip:${dn}@${formatAddress({ address: server.host, port: server.port })}>`;
  return SipRequest.create({
    method: "REGISTER",
    uri: serverUri(server),
    headers: [
      ["Via", `${path.via};rport;branch=${branch}`],
      ["From", `${address};tag=${newTag()}`],
      ["To", address],
      ["Call-ID", callId],
      ["CSeq", "1 REGISTER"],
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
  const uri = serverUri(server);
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
