import { parseMessage, type SipRequest, SipResponse } from "../../../../lib/sip";
import type { AsteriskConnection, FakeAsterisk } from "./fake-asterisk";

/** Contacts that a fake Asterisk holds, by connection: they go when it closes, as Asterisk's do. */
export class FakeRegistrar {
  /** Challenges whatever comes. */
  passwordsAreWrong = false;
  private readonly contacts = new Map<AsteriskConnection, Map<string, { dn: string; callId: string }>>();

  constructor(asterisk: FakeAsterisk) {
    asterisk.onMessage = (frame, connection) => {
      const request = parseMessage(frame.data) as SipRequest;
      if (request.method === "REGISTER") connection.send(this.answer(request, connection));
    };
  }

  get dns(): string[] {
    return [...new Set([...this.held()].map(({ dn }) => dn))].sort();
  }

  /** Items of PJSIPShowContacts. */
  *held(): Iterable<{ dn: string; callId: string; uri: string }> {
    for (const [connection, contacts] of this.contacts) {
      if (connection.ws.readyState !== 1) continue;
      for (const [uri, { dn, callId }] of contacts) yield { dn, callId, uri };
    }
  }

  private answer(request: SipRequest, connection: AsteriskConnection): Buffer {
    if (this.passwordsAreWrong || !request.has("Authorization")) {
      const challenge = 'Digest realm="asterisk", nonce="n1", algorithm=MD5, qop="auth"';
      return SipResponse.to(request, 401, { headers: [["WWW-Authenticate", challenge]] }).toBuffer();
    }
    const dn = /sip:([^@]+)@/.exec(request.to.uri)?.[1] ?? "";
    const uri = (request.contacts as { uri: string }[])[0]?.uri ?? "";
    const held = this.contacts.get(connection) ?? new Map();
    this.contacts.set(connection, held);
    if (request.expires === 0) held.delete(uri);
    else held.set(uri, { dn, callId: request.callId });
    const bindings = [...this.held()].filter((one) => one.dn === dn);
    return SipResponse.to(request, 200, {
      headers: bindings.map((one) => ["Contact", `<${one.uri}>;expires=600`] as const),
    }).toBuffer();
  }
}

/** A phone's REGISTER, with or without an answer to the challenge. */
export function registerText(
  dn: string,
  { cseq = 1, callId = `phone-${dn}`, expires = 600, authorized = true } = {},
): string {
  return [
    "REGISTER sip:127.0.0.1 SIP/2.0",
    `Via: SIP/2.0/WS ${dn}.invalid;branch=z9hG4bK${callId}${cseq}`,
    `To: <sip:${dn}@127.0.0.1>`,
    `From: <sip:${dn}@127.0.0.1>;tag=1`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} REGISTER`,
    `Contact: <sip:${dn}@${dn}.invalid;transport=ws>`,
    `Expires: ${expires}`,
    ...(authorized ? ['Authorization: Digest username="x", response="deadbeef"'] : []),
    "Max-Forwards: 70",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}
