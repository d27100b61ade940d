/** What is mirrored of a message. */
export interface Masked {
  readonly payload: Buffer;
  /** "" where there is none. */
  readonly callId: string;
}

/** With the lines that continue it (RFC 3261 7.3.1). */
const CREDENTIALS = /^((?:Proxy-)?Authorization[ \t]*:)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/gim;
const CALL_ID = /^(?:Call-ID|i)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*$/im;
const END_OF_HEADERS = /\r?\n\r?\n/;

/** The message with the values of Authorization and Proxy-Authorization replaced: passwords can be guessed from them. */
export function mask(bytes: Buffer): Masked {
  const text = bytes.toString("latin1");
  const end = END_OF_HEADERS.exec(text)?.index ?? text.length;
  const headers = text.slice(0, end);
  const callId = CALL_ID.exec(headers)?.[1] ?? "";
  const masked = headers.replace(CREDENTIALS, "$1 ***");
  return { callId, payload: masked === headers ? bytes : Buffer.from(masked + text.slice(end), "latin1") };
}
