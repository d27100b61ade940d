import type { Clock, Dialog, IncomingRequest, SipRequest } from "../../../../lib/sip";
import type { Settings } from "../config";
import type { Log } from "../log";
import { type Answer, userOf } from "../registrar";
import type { SipServer } from "../sip-server";
import { Call } from "./call";
import type { CallRecord } from "./call-record";
import { LATE_OFFER } from "./relay";

/** Calls that have ended and are still shown. */
const KEPT = 200;

const notRegistered: Answer = {
  status: 404,
  reason: "Invalid Called DN",
  note: "the called DN is not registered here",
};

/** The calls of all servers. */
export class CallCenter {
  private readonly active = new Map<string, Call>();
  private ended: Call[] = [];
  private unanswered = 0;

  constructor(
    private settings: Settings,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** For calls that start from now on. */
  public configure(settings: Settings): void {
    this.settings = settings;
  }

  /** A new INVITE: to the phone that is registered for the called DN, or refused. */
  public place(server: SipServer, incoming: IncomingRequest): void {
    const { request } = incoming;
    const uri = request.parsedUri;
    const to = "decodedUser" in uri ? uri.decodedUser : undefined;
    const from = userOf(request.from) ?? "anonymous";
    const binding = to === undefined ? undefined : server.registrar.lookup(to);
    const refusal = binding && this.refusal(request);
    if (!binding || refusal) {
      const { status, reason, note } = refusal ?? notRegistered;
      incoming.respond(status, { reason });
      this.log.info(
        { server: server.name, from, to, status },
        `call of ${from} to ${to}: ${status}, ${note}`,
      );
      return;
    }
    const call: Call = new Call({
      server,
      incoming,
      binding,
      from,
      settings: this.settings,
      clock: this.clock,
      log: this.log,
      onEnded: () => this.keep(call),
      countUnansweredTalk: () => ++this.unanswered,
    });
    this.active.set(call.uuid, call);
    call.start();
  }

  /** A request inside a dialog of one of the calls. */
  public receiveInDialog(incoming: IncomingRequest, dialog: Dialog): void {
    for (const call of this.active.values()) {
      const leg = call.legOf(dialog);
      if (leg) {
        call.receive(incoming, leg);
        return;
      }
    }
    incoming.respond(481);
  }

  /** Active calls and the latest that have ended, oldest first. */
  public records(): CallRecord[] {
    return [...this.ended, ...this.active.values()].map((call) => call.record);
  }

  /** A call that has not ended. */
  public find(uuid: string): Call | undefined {
    return this.active.get(uuid);
  }

  public get count(): number {
    return this.active.size;
  }

  /** NOTIFYs that no phone ever answered, since the start. */
  public get unansweredTalkEvents(): number {
    return this.unanswered;
  }

  /** Hangs every call up, and waits until the phones have answered or `deadline` milliseconds have passed. */
  public async stop(deadline: number): Promise<void> {
    const calls = [...this.active.values()];
    await Promise.all(calls.map((call) => call.hangUp("switch", 480, "the simulator stops", deadline)));
  }

  private refusal(request: SipRequest): Answer | undefined {
    if (request.maxForwards === 0) return { status: 483, note: "it went round in circles" };
    if (request.body.length === 0)
      return { status: 488, reason: LATE_OFFER, note: "the INVITE has no offer" };
    const limit = this.settings.calls.maxActive;
    return this.active.size < limit
      ? undefined
      : { status: 503, note: `${limit} calls are up, which is the limit` };
  }

  private keep(call: Call): void {
    this.active.delete(call.uuid);
    this.ended = [...this.ended, call].slice(-KEPT);
  }
}
