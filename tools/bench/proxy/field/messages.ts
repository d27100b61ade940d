/** SIP as far as the bench's own ends need it: texts in latin1, header names as both proxies write them. */

export interface RegisterInit {
  readonly dn: string;
  /** Random host of the phone, as browsers have none (RFC 7118 5). */
  readonly host: string;
  readonly callId: string;
  readonly cseq: number;
  /** Seconds; 0 un-registers. */
  readonly expires: number;
}

/** A REGISTER as JsSIP sends it. */
export function registerOf({ dn, host, callId, cseq, expires }: RegisterInit): string {
  const aor = `sip:${dn}@bench.example`;
  return (
    "REGISTER sip:bench.example SIP/2.0\r\n" +
    `Via: SIP/2.0/WS ${host};branch=z9hG4bK${dn}${cseq}\r\n` +
    "Max-Forwards: 69\r\n" +
    `To: <${aor}>\r\n` +
    `From: "Agent ${dn}" <${aor}>;tag=t${dn}\r\n` +
    `Call-ID: ${callId}\r\n` +
    `CSeq: ${cseq} REGISTER\r\n` +
    `Contact: <sip:u${dn}@${host};transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:8f2c1de0-6f0b-4d4e-9c3a-0000${dn.padStart(8, "0")}>";expires=${expires}\r\n` +
    `Expires: ${expires}\r\n` +
    "Allow: INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY\r\n" +
    "Supported: path,gruu,outbound\r\n" +
    "User-Agent: JsSIP 3.13.1\r\n" +
    "Content-Length: 0\r\n\r\n"
  );
}

/** Value of the first header of that name; empty when there is none. */
export function header(message: string, name: string): string {
  const start = message.indexOf(`\r\n${name}: `);
  if (start < 0) return "";
  const from = start + name.length + 4;
  return message.slice(from, message.indexOf("\r\n", from));
}

/** User part of the To. */
export function dnOf(message: string): string {
  const from = message.indexOf("sip:", message.indexOf("\r\nTo: ")) + 4;
  return message.slice(from, message.indexOf("@", from));
}

/** Seconds that a REGISTER asks for; undefined when it has no Contact and only asks what there is (RFC 3261 10.2.3). */
export function expiresOf(register: string): number | undefined {
  return register.includes("\r\nContact: ") ? Number(header(register, "Expires")) : undefined;
}

/**
 * 200 to a request: Via, From, To, Call-ID and CSeq of it, and its Contact when it registers.
 * @param binding Contact that the answer lists when the request brings none
 */
export function okTo(request: string, binding?: string): string {
  let answer = "SIP/2.0 200 OK\r\n";
  let contact = "";
  let expires = "";
  for (let at = request.indexOf("\r\n") + 2; ; ) {
    const end = request.indexOf("\r\n", at);
    if (end <= at) break;
    const line = request.slice(at, end);
    if (
      line.startsWith("Via:") ||
      line.startsWith("From:") ||
      line.startsWith("CSeq:") ||
      line.startsWith("Call-ID:")
    ) {
      answer += `${line}\r\n`;
    } else if (line.startsWith("To:")) answer += `${line};tag=r\r\n`;
    else if (line.startsWith("Contact:")) contact = line;
    else if (line.startsWith("Expires:")) expires = line.slice(8).trim();
    at = end + 2;
  }
  if (contact === "" && binding !== undefined) answer += `Contact: ${binding}\r\n`;
  else if (contact !== "" && expires !== "0") {
    const uri = contact.slice(0, contact.indexOf(">") + 1);
    answer += `${uri};expires=${expires}\r\n`;
  }
  return `${answer}Content-Length: 0\r\n\r\n`;
}
