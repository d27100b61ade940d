import { type Message, parseMessage, SipRequest, SipResponse } from "../../../../lib/sip";

/** Lines to the bytes of a message, with the empty line that ends the head. */
export function lines(...rows: string[]): string {
  return `${rows.join("\r\n")}\r\n\r\n`;
}

export function parseRequest(text: string): SipRequest {
  const message = parseMessage(text);
  if (!(message instanceof SipRequest)) throw new Error("a response where the test wants a request");
  return message;
}

export function parseResponse(text: string): SipResponse {
  const message = parseMessage(text);
  if (!(message instanceof SipResponse)) throw new Error("a request where the test wants a response");
  return message;
}

/** A request that has passed through no transport: with Via, as transactions want it. */
export function request(method: string, extra: readonly string[] = [], branch = "z9hG4bKtest1"): SipRequest {
  return parseRequest(
    lines(
      `${method} sip:1003@192.0.2.2 SIP/2.0`,
      `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}`,
      "Max-Forwards: 70",
      'From: "Agent 1002" <sip:1002@192.0.2.1>;tag=from1',
      "To: <sip:1003@192.0.2.2>",
      "Call-ID: call-1",
      `CSeq: 1 ${method}`,
      ...extra,
      "Content-Length: 0",
    ),
  );
}

/** Status codes and methods of messages, for short assertions: ["INVITE", "180"]. */
export function names(messages: readonly Message[]): string[] {
  return messages.map((message) => (message.isRequest ? message.method : String(message.status)));
}
