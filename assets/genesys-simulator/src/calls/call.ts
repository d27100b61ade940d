import { randomUUID } from "node:crypto";
import {
  type Clock,
  type Dialog,
  type Flow,
  type IncomingRequest,
  NameAddr,
  type OutgoingInvite,
  SipError,
  SipRequest,
  type SipResponse,
  type Timer,
} from "../../../../lib/sip";
import type { Binding } from "../bindings";
import type { Settings } from "../config";
import type { Log } from "../log";
import { ALLOW, type SipServer } from "../sip-server";
import { type CallRecord, type CallState, callUuid, type Party } from "./call-record";
import { passThrough } from "./pass-through";
import { notify, type PhoneEvent } from "./phone-event";
import { relay } from "./relay";
import { TalkEvent } from "./talk-event";

export interface CallOptions {
  readonly server: SipServer;
  /** The caller's INVITE. */
  readonly incoming: IncomingRequest;
  /** Where the called DN is registered. */
  readonly binding: Binding;
  /** The caller's DN. */
  readonly from: string;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly onEnded: () => void;
  /** Counts a NOTIFY talk that was never answered; returns how many there have been. */
  readonly countUnansweredTalk: () => number;
}

export const LEGS = ["caller", "called"] as const;
export type Leg = (typeof LEGS)[number];

const NEXT: Readonly<Record<CallState, readonly CallState[]>> = {
  inviting: ["ringing", "answered", "ended"],
  ringing: ["answered", "ended"],
  answered: ["ended"],
  ended: [],
};

/**
 * One call: the caller's dialog on one side, a dialog of its own to the called phone on the other (a B2BUA, as
 * T-Server is one). Bodies pass unchanged; either side ends both.
 */
export class Call {
  public readonly uuid = callUuid();
  private state: CallState = "inviting";
  private timer: Timer | undefined;
  private outgoing: OutgoingInvite | undefined;
  /** Confirmed dialog to the called phone. */
  private called: Dialog | undefined;
  private readonly talk: TalkEvent;
  private readonly flow: Flow;
  /** Contact URI that each side is given: the server's address, with the DN of the other side. */
  private readonly contacts: Readonly<Record<Leg, string>>;
  private readonly details: Omit<CallRecord, "state" | "talk" | "talkStatus">;

  constructor(private readonly options: CallOptions) {
    const { server, incoming, binding, from, settings, clock } = options;
    this.flow = server.flowTo(binding.contact, binding.source);
    this.contacts = {
      caller: String(server.uri(binding.dn, incoming.flow)),
      called: String(server.uri(from, this.flow)),
    };
    this.talk = new TalkEvent({
      agent: server.agent,
      contact: this.contacts.called,
      settings: settings.talk,
      clock,
      say: (what) => this.say(what),
      countUnanswered: options.countUnansweredTalk,
    });
    this.details = {
      uuid: this.uuid,
      server: server.name,
      from,
      to: binding.dn,
      callIds: { caller: incoming.request.callId },
      startedAt: new Date().toISOString(),
    };
  }

  public get record(): CallRecord {
    return { ...this.details, state: this.state, talk: this.talk.state, talkStatus: this.talk.status };
  }

  /** Calls the phone. */
  public start(): void {
    const { server, incoming, binding, clock, settings } = this.options;
    const request = this.invitation();
    this.note({ callIds: { ...this.details.callIds, called: request.callId } });
    incoming.respond(100);
    incoming.onCancel = () => this.abandon("the caller cancelled");
    this.say(`INVITE to ${binding.contact}`);
    const outgoing = server.agent.invite(request, {
      flow: this.flow,
      onProvisional: (response) => this.progress(response),
    });
    this.outgoing = outgoing;
    this.timer = clock.after(settings.calls.responseSeconds * 1000, () => {
      this.refuse(408, `the phone did not answer the INVITE within ${settings.calls.responseSeconds} s`);
    });
    outgoing.final.then(
      ({ response, dialog }) => this.conclude(response, dialog),
      (error: unknown) => this.fail(error),
    );
  }

  /** Which side of this call the dialog is, if any. */
  public legOf(dialog: Dialog): Leg | undefined {
    return LEGS.find((leg) => isSame(this.dialogOf(leg), dialog));
  }

  /** A request inside one of the dialogs. */
  public receive(incoming: IncomingRequest, leg: Leg): void {
    switch (incoming.request.method) {
      case "BYE":
        incoming.respond(200);
        if (this.state === "answered") void this.hangUp(leg, undefined, "BYE");
        else if (leg === "caller") this.abandon("the caller sent BYE while it rang", 487);
        break;
      case "INVITE":
      case "UPDATE":
      case "INFO":
      case "MESSAGE":
        void this.pass(incoming, leg);
        break;
      case "OPTIONS":
        incoming.respond(200, { headers: [["Allow", ALLOW]] });
        break;
      default:
        incoming.respond(501, { headers: [["Allow", ALLOW]] });
    }
  }

  /**
   * Asks one side's phone for something, and gives its answer, which it has `deadline` milliseconds for. Rejects with
   * SipError: "timeout", or "no-dialog" when that side has no dialog (yet).
   */
  public async ask(leg: Leg, event: PhoneEvent, deadline: number): Promise<SipResponse> {
    const dialog = this.dialogOf(leg);
    if (!dialog) throw new SipError("no-dialog", "it has not answered the INVITE yet");
    const response = await notify(this.options.server.agent, dialog, event, this.contacts[leg], deadline);
    this.say(`NOTIFY ${event} to the ${leg} answered with ${response.status} ${response.reason}`);
    return response;
  }

  /**
   * Ends the call from one side, or from here: BYE or CANCEL to whoever hasn't hung up, `status` to a caller who
   * still waits. Resolves when they have answered, after `deadline` milliseconds at the latest.
   */
  public async hangUp(by: Party, status: number | undefined, why: string, deadline = 5000): Promise<void> {
    if (this.state === "ended") return;
    const wasAnswered = this.state === "answered";
    this.end(by, why, status);
    if (!wasAnswered) {
      this.outgoing?.cancel();
      if (status !== undefined) this.options.incoming.respond(status);
      return;
    }
    const { agent } = this.options.server;
    const left = [
      by === "caller" ? undefined : this.options.incoming.dialog,
      by === "called" ? undefined : this.called,
    ].filter((dialog) => dialog !== undefined);
    const byes = left.map((dialog) => agent.sendInDialog(dialog, "BYE", { deadline }));
    await Promise.allSettled(byes);
  }

  private dialogOf(leg: Leg): Dialog | undefined {
    return leg === "caller" ? this.options.incoming.dialog : (this.called ?? this.outgoing?.earlyDialog);
  }

  /** The INVITE to the phone (RFC 3261 12.1.2 as a user agent client). */
  private invitation(): SipRequest {
    const { server, incoming, binding, from } = this.options;
    const { address, port } = server.address;
    const caller = incoming.request.from;
    const { headers, body } = passThrough(incoming.request);
    const identity = new NameAddr(`sip:${from}@${address}:${port}`, caller.displayName);
    return SipRequest.create({
      method: "INVITE",
      uri: binding.contact,
      headers: [
        // One less: a binding that leads back here must not go round for ever.
        ["Max-Forwards", (incoming.request.maxForwards ?? 70) - 1],
        ["From", identity.withParam("tag", randomUUID())],
        ["To", `<sip:${binding.dn}@${address}:${port}>`],
        ["Call-ID", `${randomUUID()}@${address}`],
        ["CSeq", "1 INVITE"],
        ["Contact", `<${this.contacts.called}>`],
        ["Allow", ALLOW],
        ["Allow-Events", "talk, hold"],
        ["X-Genesys-CallUUID", this.uuid],
        ...headers,
      ],
      body,
    });
  }

  /** 1xx from the phone. */
  private progress(response: SipResponse): void {
    if (this.state !== "inviting" && this.state !== "ringing") return;
    const { incoming, clock, settings } = this.options;
    if (this.state === "inviting") {
      // It is alive: from now on it may ring.
      this.timer?.cancel();
      this.timer = clock.after(settings.calls.ringSeconds * 1000, () => {
        this.refuse(480, `the phone was not answered within ${settings.calls.ringSeconds} s`);
      });
    }
    if (response.status === 100) return;
    const { headers, body } = passThrough(response);
    incoming.respond(response.status, {
      reason: response.reason,
      headers: [["Contact", `<${this.contacts.caller}>`], ...headers],
      body,
    });
    if (this.state === "ringing") return;
    this.enter("ringing");
    this.note({ ringingAt: new Date().toISOString() });
    this.say(`rings (${response.status})`);
    const early = this.outgoing?.earlyDialog;
    if (early) this.talk.schedule(response, early);
  }

  /** The phone's final response. */
  private conclude(response: SipResponse, dialog: Dialog | undefined): void {
    const { incoming, server } = this.options;
    if (this.state === "ended") {
      // Its 200 crossed our CANCEL: a call that nobody wants any more.
      if (dialog) void server.agent.sendInDialog(dialog, "BYE").catch(() => undefined);
      return;
    }
    if (dialog) {
      this.answer(response, dialog);
      return;
    }
    const { status } = response;
    // The caller can neither follow the phone's redirection nor answer its challenge.
    const passed = status < 400 || status === 401 || status === 407 ? 480 : status;
    const { headers, body } = passThrough(response);
    const reason = passed === status ? response.reason : undefined;
    incoming.respond(passed, { reason, headers, body });
    this.end("called", `the phone answered ${status} ${response.reason}`, passed);
  }

  private answer(response: SipResponse, dialog: Dialog): void {
    const { incoming, clock, settings } = this.options;
    this.called = dialog;
    this.enter("answered");
    this.note({ answeredAt: new Date().toISOString(), status: response.status });
    this.say("answered");
    this.talk.cancel();
    this.timer?.cancel();
    this.timer = clock.after(settings.calls.maxSeconds * 1000, () => {
      void this.hangUp("switch", undefined, `it lasted ${settings.calls.maxSeconds} s, which is the limit`);
    });
    incoming
      .accept({ contact: this.contacts.caller, ...passThrough(response) })
      .catch((error: unknown) =>
        this.hangUp("switch", undefined, `the caller sent no ACK: ${textOf(error)}`),
      );
  }

  /** No final response from the phone: nothing at all, or no way to it. */
  private fail(error: unknown): void {
    if (this.state === "ended") return;
    const status = error instanceof SipError && error.code === "timeout" ? 408 : 480;
    this.refuse(status, `the phone can't be reached: ${textOf(error)}`);
  }

  private async pass(incoming: IncomingRequest, leg: Leg): Promise<void> {
    const { server } = this.options;
    const towards = leg === "caller" ? "called" : "caller";
    const other = this.dialogOf(towards);
    this.say(`${incoming.request.method} from the ${leg}`);
    const contacts = { answer: this.contacts[leg], request: this.contacts[towards] };
    const outcome = await relay(server.agent, incoming, other, contacts);
    if (outcome === "gone")
      await this.hangUp("switch", undefined, "the other side knows nothing of this call");
  }

  /** Ends a call that the caller gave up while it rang; `status` where the agent has not answered the INVITE yet. */
  private abandon(why: string, status?: number): void {
    if (this.state === "ended" || this.state === "answered") return;
    if (status !== undefined) this.options.incoming.respond(status);
    this.outgoing?.cancel();
    this.end("caller", why, 487);
  }

  private refuse(status: number, why: string): void {
    void this.hangUp("switch", status, why);
  }

  private end(by: Party, why: string, status?: number): void {
    this.enter("ended");
    this.timer?.cancel();
    this.talk.cancel();
    this.note({
      endedAt: new Date().toISOString(),
      endedBy: by,
      ...(status === undefined ? {} : { status }),
    });
    this.say(`ended by the ${by}: ${why}`);
    this.options.onEnded();
  }

  private enter(state: CallState): void {
    if (!NEXT[this.state].includes(state))
      throw new Error(`a call that is ${this.state} can't become ${state}`);
    this.state = state;
  }

  private note(details: Partial<CallRecord>): void {
    Object.assign(this.details, details);
  }

  private say(what: string): void {
    const { uuid, server, from, to } = this.details;
    this.options.log.info({ server, from, to, callUuid: uuid }, `call of ${from} to ${to}: ${what}`);
  }
}

function isSame(mine: Dialog | undefined, other: Dialog): boolean {
  return mine !== undefined && mine.callId === other.callId && mine.localTag === other.localTag;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
