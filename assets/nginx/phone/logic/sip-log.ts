/** One SIP message as it was on the wire, secrets masked. */
export interface LogEntry {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly direction: "in" | "out";
  readonly text: string;
}

/** Characters of one message that are kept. */
const MAX_TEXT = 16_384;

/** With the lines that continue them (RFC 3261 7.3.1). */
const CREDENTIALS = /^((?:Proxy-)?Authorization[ \t]*:)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/gim;

/** What media is encrypted with, or ICE let in by: RFC 4568, RFC 8839 5.4. */
const MEDIA_KEYS = /^(a=(?:crypto|ice-pwd):)[^\r\n]*/gim;

/** The message without what a password could be guessed from, or media be listened to with. */
export function masked(message: string): string {
  return message.replace(CREDENTIALS, "$1 ***").replace(MEDIA_KEYS, "$1***");
}

/** The newest messages, bounded in number. */
export class SipLog {
  #entries: LogEntry[] = [];
  #count = 0;

  constructor(private readonly capacity = 200) {}

  add(direction: "in" | "out", message: string, time: number): LogEntry {
    const text = masked(message);
    const entry = {
      number: ++this.#count,
      time,
      direction,
      text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}\n[…]` : text,
    };
    this.#entries = [...this.#entries, entry].slice(-this.capacity);
    return entry;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** All of it, to be sent to somebody. */
  toString(): string {
    return this.#entries
      .map(({ time, direction, text }) => {
        const arrow = direction === "in" ? "<<< received" : ">>> sent";
        return `${arrow} ${new Date(time).toISOString()}\n${text.trimEnd()}\n`;
      })
      .join("\n");
  }
}

/** What a line of the log shows of a message: `INVITE 1003` or `200 OK (REGISTER)`. */
export function headline(message: string): string {
  const [first = ""] = message.split(/\r?\n/, 1);
  const answer = /^SIP\/2\.0 (.*)$/.exec(first)?.[1];
  if (answer !== undefined) {
    const method = /^CSeq[ \t]*:[ \t]*\d+[ \t]+(\S+)/im.exec(message)?.[1];
    return method === undefined ? answer : `${answer} (${method})`;
  }
  const [method = "", uri = ""] = first.split(" ");
  const event = method === "NOTIFY" ? /^(?:Event|o)[ \t]*:[ \t]*([^\s;]+)/im.exec(message)?.[1] : undefined;
  const user = /^sips?:([^@;>]+)@/i.exec(uri)?.[1];
  return [method, event ?? user ?? uri].join(" ").trim();
}
