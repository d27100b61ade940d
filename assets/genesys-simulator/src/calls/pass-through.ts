import type { HeaderInit, SipMessage } from "../../../../lib/sip";

/** Headers that go from one leg to the other with the body, because they say what it is or why something failed. */
const PASSED = [
  "Content-Type",
  "Content-Disposition",
  "Content-Encoding",
  "Info-Package",
  "Warning",
  "Reason",
];

/** Body of a message, byte for byte, and the headers that belong to it, for the message on the other leg. */
export function passThrough(message: SipMessage): { headers: HeaderInit; body: Buffer | undefined } {
  const headers = PASSED.flatMap((name) => {
    const value = message.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { headers, body: message.body.length > 0 ? message.body : undefined };
}
