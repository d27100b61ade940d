import { UA } from "jssip";
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent, UAConfiguration } from "jssip/lib/UA";
import type { TalkEvent } from "../logic/talk";
import { LoggedSocket } from "./logged-socket";

export interface UserAgentOptions {
  /** wss://host/ws */
  readonly url: string;
  /** Host part of the DN's address. */
  readonly domain: string;
  readonly dn: string;
  readonly password: string;
  readonly onConnected: () => void;
  readonly onDisconnected: (why: string) => void;
  readonly onRegistered: () => void;
  /** @param status undefined where no answer came */
  readonly onRegistrationFailed: (status: number | undefined, why: string) => void;
  readonly onCall: (event: IncomingRTCSessionEvent) => void;
  readonly onTalk: (event: TalkEvent) => void;
  readonly onMessage: (direction: "in" | "out", text: string) => void;
}

/**
 * Seconds. Each refresh proves the connection: a WebSocket that died without a word (a laptop that slept, a firewall
 * that forgot) is noticed within two minutes.
 */
const REGISTER_EXPIRES = 120;

/** Seconds: Asterisk gives up by itself before (constructs/asterisk/dialplan.ts). */
const NO_ANSWER_TIMEOUT = 310;

/** What JsSIP's types leave out. */
interface Transport {
  connect(): void;
  disconnect(): void;
}

/** One DN's JsSIP. When to connect and to register is decided elsewhere (logic/line.ts). */
export class UserAgent {
  readonly #ua: UA;
  #isDropping = false;

  constructor(private readonly options: UserAgentOptions) {
    const { dn, domain, url, password } = options;
    const configuration: UAConfiguration = {
      sockets: new LoggedSocket(url, options.onMessage),
      uri: `sip:${dn}@${domain}`,
      authorization_user: dn,
      password,
      register: false,
      register_expires: REGISTER_EXPIRES,
      no_answer_timeout: NO_ANSWER_TIMEOUT,
      user_agent: "webrtc-genesys phone",
    };
    this.#ua = new UA(configuration);
    this.#listen();
  }

  connect(): void {
    this.#transport.connect();
  }

  /** Without an `onDisconnected`. */
  disconnect(): void {
    this.#isDropping = true;
    this.#transport.disconnect();
    this.#isDropping = false;
  }

  register(): void {
    this.#ua.register();
  }

  /** Un-registers, hangs up, and closes the connection, of which nothing is told. */
  stop(): void {
    this.#isDropping = true;
    this.#ua.stop();
  }

  call(number: string, stream: MediaStream) {
    return this.#ua.call(`sip:${encodeURIComponent(number)}@${this.options.domain}`, { mediaStream: stream });
  }

  get #transport(): Transport {
    return (this.#ua as unknown as { transport: Transport }).transport;
  }

  #listen(): void {
    const { options } = this;
    this.#ua.on("connected", () => options.onConnected());
    this.#ua.on("disconnected", ({ code, reason }) => {
      if (this.#isDropping) return;
      // Otherwise JsSIP would connect again in its own time.
      this.disconnect();
      options.onDisconnected(closeWords(code, reason));
    });
    this.#ua.on("registered", () => options.onRegistered());
    this.#ua.on("registrationFailed", ({ response, cause }) => {
      // A lost connection is told of once, by "disconnected".
      if (cause === "Connection Error") return;
      const status = response?.status_code;
      options.onRegistrationFailed(
        status,
        status === undefined ? "no answer to REGISTER" : `${status} ${response.reason_phrase}`.trim(),
      );
    });
    this.#ua.on("newRTCSession", (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
      if (event.originator === "remote") options.onCall(event as IncomingRTCSessionEvent);
    });
    this.#ua.on("sipEvent", ({ request }) => {
      const event = request.getHeader("Event")?.split(";", 1)[0]?.trim().toLowerCase();
      const uuid = request.getHeader("X-Genesys-CallUUID")?.trim();
      if (event) options.onTalk({ event, ...(uuid && { uuid }) });
    });
  }
}

/** RFC 6455 7.4; 1006 is all that a browser tells of a connection that failed. */
function closeWords(code: number | undefined, reason: string | undefined): string {
  if (reason) return reason;
  return code === undefined || code === 1006 ? "the connection is lost" : `the server closed it (${code})`;
}
