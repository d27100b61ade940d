import { randomUUID } from "node:crypto";
import {
  connectWebSocket,
  type Dialog,
  DigestClient,
  type HeaderInit,
  type IncomingRequest,
  RegistrationClient,
  type RegistrationOutcome,
  SipRequest,
  UserAgent,
} from "../sip";
import { PhoneError } from "./errors";
import { IncomingCall } from "./incoming-call";
import { MessageTrace, type TracedMessage } from "./message-trace";
import { OutgoingCall } from "./outgoing-call";
import { MediaSession } from "./sdp";
import { TracedTransport } from "./traced-transport";
import { Mailbox } from "./waiting";

export interface PhoneOptions {
  /** "wss://192.168.210.54:8443/ws" */
  readonly url: string;
  readonly dn: string;
  readonly password: string;
  /** User name of the digest. @default the DN */
  readonly username?: string;
  /** Host part of the address of record. @default the host of `url` */
  readonly domain?: string;
  readonly tls?: PhoneTls;
  /** Origin header, as a browser sends it. @default none */
  readonly origin?: string;
  /** Local address to connect from. */
  readonly localAddress?: string;
  /** Milliseconds for every wait that is given no deadline of its own. @default 10000 */
  readonly deadlineMs?: number;
  /** Who sends 180 to a call: the phone at once, or `IncomingCall.ring`. @default "auto" */
  readonly ring?: "auto" | "manual";
  /** Allow-Events of answers to INVITE; "" for none. @default "talk, hold" */
  readonly allowEvents?: string;
  /** Sees every SIP message, credentials included. */
  readonly onMessage?: (message: TracedMessage) => void;
}

export interface PhoneTls {
  /** PEM of the authority to trust. */
  readonly ca?: string | Buffer;
  /** @default true */
  readonly rejectUnauthorized?: boolean;
}

/** A NOTIFY that came, and whether it was inside a call's dialog. */
export interface Notification {
  readonly request: SipRequest;
  readonly inDialog: boolean;
}

const NAME = "webrtc-genesys phone";
const ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY";

/**
 * A SIP phone over WebSocket (RFC 7118) for checks and tests: one DN, signalling as of a browser phone, no media.
 * Every wait has a deadline; what goes wrong is a PhoneError.
 */
export class Phone {
  private readonly agent: UserAgent;
  private readonly registration: RegistrationClient;
  private readonly calls = new Set<IncomingCall | OutgoingCall>();
  private readonly incomingCalls = new Mailbox<IncomingCall>();
  private readonly notifications = new Mailbox<Notification>();
  private readonly inviteDigest: DigestClient;
  private readonly contact: string;
  private readonly domain: string;
  private readonly deadlineMs: number;
  private readonly gone: Promise<Error | undefined>;
  private isClosed = false;

  private constructor(
    private readonly options: PhoneOptions,
    private readonly transport: TracedTransport,
  ) {
    const { dn, username = dn, password, url } = options;
    this.deadlineMs = options.deadlineMs ?? 10_000;
    this.domain = options.domain ?? new URL(url).hostname;
    this.contact = `sip:${dn}@${transport.local.address};transport=ws`;
    this.inviteDigest = new DigestClient({ username, password });
    this.agent = new UserAgent({
      transports: [transport],
      name: NAME,
      onRequest: (incoming) => this.receive(incoming),
    });
    this.registration = new RegistrationClient({
      agent: this.agent,
      aor: this.address(dn),
      registrar: `sip:${this.domain}`,
      contact: this.contact,
      contactParams: `;+sip.instance="<urn:uuid:${randomUUID()}>"`,
      digest: new DigestClient({ username, password }),
    });
    this.gone = new Promise((resolve) => {
      transport.once("flowClosed", (_flow, error) => {
        this.lose(error);
        resolve(error);
      });
    });
  }

  /** Opens the WebSocket. Rejects with "connect". */
  public static async connect(options: PhoneOptions): Promise<Phone> {
    const { url, tls = {}, origin, localAddress, deadlineMs = 10_000 } = options;
    try {
      const transport = await connectWebSocket({
        url,
        ...tls,
        localAddress,
        connectTimeout: deadlineMs,
        headers: origin === undefined ? {} : { Origin: origin },
      });
      return new Phone(options, new TracedTransport(transport, new MessageTrace(options.onMessage)));
    } catch (error) {
      throw new PhoneError("connect", `${url} can't be opened: ${textOf(error)}`, undefined, {
        cause: error,
      });
    }
  }

  /** Registers, or refreshes. Rejects with "refused" and the status. Returns the seconds granted. */
  public async register({ expires = 600, deadlineMs = this.deadlineMs } = {}): Promise<{ expires: number }> {
    const outcome = await this.registration.register(expires, { flow: this.flow, deadline: deadlineMs });
    if (outcome.kind === "registered") return { expires: outcome.expires };
    throw this.registrationFault("register", outcome);
  }

  public async unregister({ deadlineMs = this.deadlineMs } = {}): Promise<void> {
    const outcome = await this.registration.unregister({ flow: this.flow, deadline: deadlineMs });
    if (outcome.kind !== "unregistered") throw this.registrationFault("un-register", outcome);
  }

  /** Calls a DN. Returns as soon as the INVITE is on its way; the call says how it goes on. */
  public async invite(
    dn: string,
    { headers = [], deadlineMs = this.deadlineMs }: { headers?: HeaderInit; deadlineMs?: number } = {},
  ): Promise<OutgoingCall> {
    this.expectOpen();
    const media = new MediaSession();
    const offer = media.offer();
    // A repetition with credentials is the same request with a higher CSeq (RFC 3261 22.2).
    const identity = { callId: randomUUID(), tag: randomUUID(), cseq: 0 };
    const call: OutgoingCall = new OutgoingCall({
      agent: this.agent,
      dn,
      deadlineMs,
      send: (onProvisional, challenge) => {
        if (challenge && this.inviteDigest.challenge(challenge) !== "retry") return undefined;
        identity.cseq += 1;
        const request = this.invitation(dn, identity, headers, offer);
        this.inviteDigest.authorize(request);
        return this.agent.invite(request, { flow: this.flow, onProvisional });
      },
    });
    this.keep(call);
    return call;
  }

  /** The next call to this phone. */
  public incomingCall(deadlineMs = this.deadlineMs): Promise<IncomingCall> {
    return this.incomingCalls.take(deadlineMs, `a call to ${this.options.dn}`);
  }

  /** The next NOTIFY, of one event package if that is named. */
  public notification(event?: string, deadlineMs = this.deadlineMs): Promise<Notification> {
    const fits = ({ request }: Notification) => event === undefined || eventOf(request) === event;
    return this.notifications.take(
      deadlineMs,
      `NOTIFY ${event ?? "of any event"} to ${this.options.dn}`,
      fits,
    );
  }

  /** The latest SIP messages of this phone, oldest first, credentials included. */
  public get messages(): TracedMessage[] {
    return this.transport.trace.list();
  }

  /** Resolves when the other side, or the network, has closed the WebSocket. */
  public get disconnected(): Promise<Error | undefined> {
    return this.gone;
  }

  /** Closes the WebSocket and ends every wait. Registration and calls are left as they are. Idempotent. */
  public async close(): Promise<void> {
    if (this.isClosed) return;
    this.lose(undefined);
    this.agent.close();
    await this.transport.close();
  }

  private get flow() {
    return this.transport.flow;
  }

  private address(user: string): string {
    return `sip:${user}@${this.domain}`;
  }

  private invitation(
    dn: string,
    { callId, tag, cseq }: { callId: string; tag: string; cseq: number },
    headers: HeaderInit,
    offer: string,
  ): SipRequest {
    return SipRequest.create({
      method: "INVITE",
      uri: this.address(dn),
      headers: [
        ["From", `<${this.address(this.options.dn)}>;tag=${tag}`],
        ["To", `<${this.address(dn)}>`],
        ["Call-ID", callId],
        ["CSeq", `${cseq} INVITE`],
        ["Contact", `<${this.contact}>`],
        ["Allow", ALLOW],
        ["Content-Type", "application/sdp"],
        ...headers,
      ],
      body: offer,
    });
  }

  private receive(incoming: IncomingRequest): void {
    const { request, dialog } = incoming;
    switch (request.method) {
      case "INVITE":
        if (dialog) this.reinvited(incoming);
        else this.called(incoming);
        break;
      case "BYE":
        this.hungUp(incoming, dialog);
        break;
      case "NOTIFY":
        this.notified(incoming, dialog);
        break;
      case "OPTIONS":
      case "INFO":
      case "UPDATE":
        incoming.respond(200, { headers: [["Allow", ALLOW]] });
        break;
      default:
        incoming.respond(405, { headers: [["Allow", ALLOW]] });
    }
  }

  private called(incoming: IncomingRequest): void {
    const { allowEvents = "talk, hold", ring = "auto" } = this.options;
    const call = new IncomingCall({
      agent: this.agent,
      incoming,
      media: new MediaSession(),
      contact: this.contact,
      headers: [["Allow", ALLOW], ...(allowEvents === "" ? [] : [["Allow-Events", allowEvents] as const])],
      deadlineMs: this.deadlineMs,
    });
    this.keep(call);
    if (ring === "auto") call.ring();
    this.incomingCalls.put(call);
  }

  /** A new offer inside a call is answered as the first was. */
  private reinvited(incoming: IncomingRequest): void {
    const media = new MediaSession();
    const offer = incoming.request.body.toString("utf8");
    let body: string;
    try {
      body = offer === "" ? media.offer() : media.answer(offer);
    } catch {
      incoming.respond(488);
      return;
    }
    const headers: HeaderInit = [["Content-Type", "application/sdp"]];
    incoming.accept({ contact: this.contact, headers, body }).catch(() => undefined);
  }

  private hungUp(incoming: IncomingRequest, dialog: Dialog | undefined): void {
    const call = dialog && this.callOf(dialog);
    incoming.respond(call ? 200 : 481);
    if (!call) return;
    call.hungUp();
  }

  /** Outside a dialog it is taken; in a dialog only once the call is answered, as JsSIP does it. */
  private notified(incoming: IncomingRequest, dialog: Dialog | undefined): void {
    incoming.respond(dialog && dialog.state !== "confirmed" ? 403 : 200);
    this.notifications.put({ request: incoming.request, inDialog: dialog !== undefined });
  }

  private keep(call: IncomingCall | OutgoingCall): void {
    for (const other of this.calls) if (other.isOver) this.calls.delete(other);
    this.calls.add(call);
  }

  private callOf(dialog: Dialog): IncomingCall | OutgoingCall | undefined {
    return [...this.calls].find(
      (call) => call.dialog?.callId === dialog.callId && call.dialog.localTag === dialog.localTag,
    );
  }

  private registrationFault(what: string, outcome: RegistrationOutcome): PhoneError {
    const { dn, url } = this.options;
    if (outcome.kind === "refused") {
      const { status, response } = outcome;
      const reason = `${status} ${response.reason}`;
      const hint = outcome.credentialsRejected ? ", the password is not accepted" : "";
      return new PhoneError("refused", `${dn} can't ${what} over ${url}: ${reason}${hint}`, status);
    }
    const cause = outcome.kind === "failed" ? outcome.error : undefined;
    const why = cause?.message ?? `unexpected outcome ${outcome.kind}`;
    return new PhoneError("failed", `${dn} can't ${what} over ${url}: ${why}`, undefined, { cause });
  }

  private lose(cause: Error | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const why = cause ? `: ${cause.message}` : "";
    const error = new PhoneError("closed", `the WebSocket of ${this.options.dn} is closed${why}`, undefined, {
      cause,
    });
    this.incomingCalls.fail(error);
    this.notifications.fail(error);
  }

  private expectOpen(): void {
    if (this.isClosed) throw new PhoneError("closed", `the WebSocket of ${this.options.dn} is closed`);
  }
}

function eventOf(request: SipRequest): string | undefined {
  return request.get("Event")?.split(";")[0]?.trim();
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
