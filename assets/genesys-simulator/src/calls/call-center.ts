import type { Clock, Dialog, IncomingRequest } from "../../../../lib/sip";
import type { Settings } from "../config";
import type { Log } from "../log";
import { userOf } from "../registrar";
import type { SipServer } from "../sip-server";
import { Call } from "./call";
import type { CallRecord } from "./call-record";

/** Calls that have ended and are still shown. */
const KEPT = 200;

/** The calls of all servers. */
export class CallCenter {
  private readonly active = new Map<string, Call>();
  private ended: CallRecord[] = [];

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
    const refuse = (status: number, why: string, reason?: string) => {
      incoming.respond(status, { reason });
      this.log.info({ server: server.name, from, to, status }, `call of ${from} to ${to}: ${status}, ${why}`);
    };

    if (request.maxForwards === 0) return refuse(483, "it went round in circles");
    const binding = to === undefined ? undefined : server.registrar.lookup(to);
    if (!binding) return refuse(404, "that DN is not registered here", "Invalid Called DN");
    if (this.active.size >= this.settings.calls.maxActive) {
      return refuse(503, `${this.active.size} calls are up, which is the limit`);
    }
    const call = new Call({
      server,
      incoming,
      binding,
      from,
      settings: this.settings,
      clock: this.clock,
      log: this.log,
      onEnded: () => this.keep(call),
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
    return [...this.ended, ...[...this.active.values()].map((call) => call.record)];
  }

  public get count(): number {
    return this.active.size;
  }

  /** Hangs every call up, and waits until the phones have answered or `deadline` milliseconds have passed. */
  public async stop(deadline: number): Promise<void> {
    const calls = [...this.active.values()];
    await Promise.all(calls.map((call) => call.hangUp("switch", 480, "the simulator stops", deadline)));
  }

  private keep(call: Call): void {
    this.active.delete(call.uuid);
    this.ended = [...this.ended, call.record].slice(-KEPT);
  }
}
