import { parseMessage, type SipMessage, SipRequest } from "../../../lib/sip";
import { userOf } from "./registrar";

/** One message as it was on the wire. */
export interface LoggedMessage {
  readonly id: number;
  /** ISO 8601. */
  readonly time: string;
  readonly server: string;
  readonly direction: "in" | "out";
  readonly transport: string;
  /** host:port of the peer. */
  readonly peer: string;
  /** True when a fault took it: it never reached the server, or never the wire. */
  readonly lost: boolean;
  readonly startLine: string;
  /** The whole message; values of Authorization and Proxy-Authorization are replaced by "[hidden]". */
  readonly raw: string;
}

export interface MessageFilter {
  readonly server?: string;
  /** User of the Request-URI, From or To. */
  readonly dn?: string;
  /** Of the request, or by CSeq of the response. */
  readonly method?: string;
  readonly direction?: "in" | "out";
  /** The newest so many. */
  readonly limit: number;
}

const MAX_MESSAGES = 2000;
const MAX_CHARACTERS = 4 << 20;

/** The newest messages of all servers, bounded in number and in size. Credentials are never kept. */
export class MessageLog {
  private messages: LoggedMessage[] = [];
  private characters = 0;
  private lastId = 0;

  public add(message: Omit<LoggedMessage, "id" | "time" | "startLine" | "raw">, bytes: Buffer): void {
    const raw = hideCredentials(bytes.toString("utf8"));
    const startLine = raw.slice(0, raw.search(/[\r\n]|$/));
    this.lastId += 1;
    this.messages.push({ id: this.lastId, time: new Date().toISOString(), ...message, startLine, raw });
    this.characters += raw.length;
    while (this.messages.length > MAX_MESSAGES || this.characters > MAX_CHARACTERS) {
      this.characters -= this.messages.shift()?.raw.length ?? 0;
    }
  }

  /** Oldest first. */
  public find(filter: MessageFilter): LoggedMessage[] {
    const found: LoggedMessage[] = [];
    for (let i = this.messages.length - 1; i >= 0 && found.length < filter.limit; i -= 1) {
      const message = this.messages[i] as LoggedMessage;
      if (matches(message, filter)) found.push(message);
    }
    return found.reverse();
  }

  /** Returns how many there were. */
  public clear(): number {
    const count = this.messages.length;
    this.messages = [];
    this.characters = 0;
    return count;
  }
}

function matches(logged: LoggedMessage, { server, direction, dn, method }: MessageFilter): boolean {
  if (server !== undefined && logged.server !== server) return false;
  if (direction !== undefined && logged.direction !== direction) return false;
  if (dn === undefined && method === undefined) return true;
  // Parsed only when somebody asks, so that keeping the log costs the signalling next to nothing.
  try {
    const message = parseMessage(Buffer.from(logged.raw, "utf8"));
    if (method !== undefined && message.cseq.method !== method) return false;
    return dn === undefined || usersOf(message).includes(dn);
  } catch {
    return false;
  }
}

function usersOf(message: SipMessage): (string | undefined)[] {
  const parties = [userOf(message.from), userOf(message.to)];
  if (!(message instanceof SipRequest)) return parties;
  const uri = message.parsedUri;
  return [...parties, "decodedUser" in uri ? uri.decodedUser : undefined];
}

/** Replaces the values of the headers that carry credentials, folded lines included. */
export function hideCredentials(text: string): string {
  return text.replace(
    /^((?:proxy-)?authorization[ \t]*:)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/gim,
    (_row, name: string) => `${name} [hidden]`,
  );
}
