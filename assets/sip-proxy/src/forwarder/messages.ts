import {
  type DigestClient,
  formatAddress,
  newTag,
  parseMessage,
  type SipRequest,
  uriHost,
} from "../../../../lib/sip";
import type { GenesysServerConfig } from "../config";
import { aorOf } from "../genesys/binding";
import type { Path } from "./network";

const USER_AGENT = "webrtc-genesys";

const END = `\r\nUser-Agent: ${USER_AGENT}\r\nContent-Length: 0\r\n\r\n`;

/** What stays the same in all REGISTERs of a DN to a server. */
export interface RegisterTemplate {
  readonly server: GenesysServerConfig;
  /** URI */
  readonly contact: string;
  readonly start: string;
  readonly dialog: string;
  readonly binding: string;
}

/** @param contact URI that Genesys is to call. No value may hold a line break. */
export function registerTemplate(
  dn: string,
  server: GenesysServerConfig,
  callId: string,
  fromTag: string,
  contact: string,
): RegisterTemplate {
  const address = `<${aorOf(dn, server)}>`;
  return {
    server,
    contact,
    start: `REGISTER ${serverUri(server)} SIP/2.0\r\nVia: `,
    dialog:
      `\r\nMax-Forwards: 70\r\nFrom: ${address};tag=${fromTag}\r\nTo: ${address}\r\n` +
      `Call-ID: ${callId}\r\nCSeq: `,
    binding: ` REGISTER\r\nContact: <${contact}>\r\nExpires: `,
  };
}

function serverUri({ host, port, transport }: GenesysServerConfig): string {
  return `sip:${formatAddress({ address: host, port })}${transport === "tcp" ? ";transport=tcp" : ""}`;
}

/** REGISTER of RFC 3261 10.2. @param expires seconds; 0 un-registers */
export function buildRegister(
  { start, dialog, binding }: RegisterTemplate,
  path: Path,
  branch: string,
  cseq: number,
  expires: number,
): Buffer {
  const via = `${path.via};rport;branch=${branch}`;
  return textToBytes(`${start}${via}${dialog}${cseq}${binding}${expires}${END}`);
}

/** The same request with the answers to what was challenged so far (RFC 3261 22.1). */
export function authorized(request: Buffer, digest: DigestClient | undefined): Buffer {
  if (digest === undefined) return request;
  const message = parseMessage(request) as SipRequest;
  digest.authorize(message);
  return message.toBuffer();
}

/** REGISTER without a Contact: asks for the bindings of a DN and changes none (RFC 3261 10.2.3). */
export function buildQuery(
  dn: string,
  server: GenesysServerConfig,
  path: Path,
  branch: string,
  { callId, cseq }: { readonly callId: string; readonly cseq: number },
): Buffer {
  const address = `<${aorOf(dn, server)}>`;
  return textToBytes(
    `REGISTER ${serverUri(server)} SIP/2.0\r\n` +
      `Via: ${path.via};rport;branch=${branch}\r\n` +
      `Max-Forwards: 70\r\nFrom: ${address};tag=${newTag()}\r\nTo: ${address}\r\n` +
      `Call-ID: ${callId}\r\nCSeq: ${cseq} REGISTER\r\nUser-Agent: ${USER_AGENT}\r\nContent-Length: 0\r\n\r\n`,
  );
}

/** OPTIONS (RFC 3261 11) that asks a server whether it is there; any answer will do. */
export function buildProbe(server: GenesysServerConfig, path: Path, branch: string, callId: string): Buffer {
  const uri = serverUri(server);
  return textToBytes(
    `OPTIONS ${uri} SIP/2.0\r\n` +
      `Via: ${path.via};rport;branch=${branch}\r\n` +
      `Max-Forwards: 70\r\nFrom: <sip:probe@${uriHost(server.host)}>;tag=${newTag()}\r\nTo: <${uri}>\r\n` +
      `Call-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\nUser-Agent: ${USER_AGENT}\r\nContent-Length: 0\r\n\r\n`,
  );
}

/** Everything in it is ASCII: DNs are digits, and hosts were checked with the configuration. */
function textToBytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
