import { randomUUID } from "node:crypto";
import type { Logger } from "../../../../lib/service";
import { type Clock, systemClock, type Timer } from "../../../../lib/sip/clock";
import type { CallControlConfig } from "../config";
import { type Destination, isDn, readNumber, shownTo } from "../numbers";
import type { Ari } from "./ari";
import * as begin from "./begin";
import type { Call, CallChange } from "./call";
import { CallRate } from "./call-rate";
import { CallTable } from "./call-table";
import {
  CallError,
  type Calls,
  type CampaignCallRequest,
  type Dtmf,
  type OriginateRequest,
  type Seat,
  type TransferMode,
} from "./calls";
import { partyOf } from "./connecting";
import { Feed } from "./feed";
import { RING_SECONDS } from "./incoming";
import { Janitor } from "./janitor";
import type { CallsMeter } from "./meter";
import { PhoneTransfers } from "./phone-transfers";
import { Queues } from "./queues";
import { Seats } from "./seats";
import { readSnapshot } from "./snapshot";
import { type CallState, isDn as isOwn } from "./state";
import { Switchboard } from "./switchboard";

export interface CallEngineOptions {
  readonly config: CallControlConfig;
  readonly ari: Ari;
  readonly log: Logger;
  readonly meter: CallsMeter;
  /** Calls that may be up at one time. @default 2000 */
  readonly maxCalls?: number;
  readonly clock?: Clock;
  /** @default the system's time */
  readonly now?: () => Date;
  readonly random?: () => number;
}

/** Milliseconds within which a call that was asked to end must have ended. */
const HANGUP_DEADLINE = 5_000;

/**
 * The calls of this Asterisk. Each is a `CallState` in the `CallTable`; requests, and events of Asterisk's (`Switchboard`), make another one of it
 * (`advance`), and the commands that come of that are carried out by a `Runner`. It begins to work when the ARI client
 * is ready.
 */
export class CallEngine implements Calls {
  readonly #config: CallControlConfig;
  readonly #maxCalls: number;
  readonly #clock: Clock;
  readonly #now: () => Date;
  readonly #rate: CallRate;
  readonly #queues: Queues;
  readonly #janitor: Janitor;
  readonly #table: CallTable;
  readonly #seats: Seats;
  readonly #switchboard: Switchboard;
  readonly #closedSeats: Feed<Seat>;

  constructor({ config, ari, log, meter, ...options }: CallEngineOptions) {
    const { clock = systemClock, random = Math.random, now = () => new Date(), maxCalls = 2_000 } = options;
    this.#config = config;
    this.#maxCalls = maxCalls;
    this.#clock = clock;
    this.#now = now;
    this.#rate = new CallRate(config.callsPerMinute, () => clock.now());
    this.#queues = new Queues(config.queues);
    this.#closedSeats = new Feed(log);
    const janitor = new Janitor(ari, clock, random);
    this.#janitor = janitor;
    const choose = (call: string, queue: string) => this.#choose(call, queue);
    const table = new CallTable({ config, ari, janitor, log, meter, clock, now, random, choose });
    this.#table = table;
    table.changes.listen(({ what, call: { agent } }) => {
      if (what === "ended" && agent !== undefined) this.#queues.free(agent, clock.now());
    });
    const seats = new Seats(ari, config.ari.app, janitor, clock, (seat) => this.#closedSeats.tell(seat));
    this.#seats = seats;
    const transfers = new PhoneTransfers({
      config,
      janitor,
      callOf: (leg) => table.callOf(leg),
      transfer: (leg, destination) => this.transfer(leg, destination, "blind"),
      tell: (call, input) => table.tell(call, input),
    });
    const switchboard = new Switchboard({
      ...{ config, table, seats, transfers, janitor, log, meter, maxCalls, now },
      rate: this.#rate,
    });
    this.#switchboard = switchboard;
    ari.on("event", (event) => switchboard.event(event));
    ari.on("ready", (snapshot) => switchboard.ready(readSnapshot(snapshot)));
  }

  /** Calls that an earlier process had when it ended: they are taken up again when Asterisk is connected. */
  restore(calls: readonly Call[]): void {
    this.#switchboard.restore(calls);
  }

  on(event: "change", listener: (change: CallChange) => void): this;
  on(event: "seatClosed", listener: (seat: Seat) => void): this;
  on(
    event: "change" | "seatClosed",
    listener: ((change: CallChange) => void) | ((seat: Seat) => void),
  ): this {
    if (event === "change") this.#table.changes.listen(listener as (change: CallChange) => void);
    else this.#closedSeats.listen(listener as (seat: Seat) => void);
    return this;
  }

  live(): readonly Call[] {
    return this.#table.states().map(({ call }) => call);
  }

  find(call: string): Call | undefined {
    return this.#table.find(call)?.call;
  }

  async originate({ agent, to: text }: OriginateRequest): Promise<Call> {
    if (!isDn(agent, this.#config)) {
      throw new CallError(
        "NUMBER_INVALID",
        `${JSON.stringify(agent)} is no agent: a DN of this system is needed`,
      );
    }
    const to = this.#destination(text);
    if (partyOf(to) === agent) {
      throw new CallError("NUMBER_INVALID", `${agent} can't be called by itself`);
    }
    this.#expectRoom();
    if (!this.#rate.take(agent)) {
      throw new CallError(
        "TOO_MANY_CALLS",
        `${agent} has begun ${this.#config.callsPerMinute} calls within a minute: wait before the next`,
      );
    }
    const callerId = shownTo(to, agent);
    const id = randomUUID();
    return this.#table.make(
      id,
      begin.originate(id, agent, { to, callerId, ringSeconds: RING_SECONDS }, this.#now()),
    );
  }

  async dial(request: CampaignCallRequest): Promise<Call> {
    const to = this.#destination(request.to);
    if (to.kind !== "external") {
      throw new CallError("NUMBER_INVALID", `${request.to} is a DN, and no customer's number`);
    }
    this.#expectRoom();
    if (this.#table.has(request.callId) || this.#table.callOf(request.channelId) !== undefined) {
      throw new CallError("CALL_STATE", `call ${request.callId} is being dialled already`);
    }
    const callerId = request.callerId ?? shownTo(to, "");
    return this.#table.make(request.callId, begin.dial(request, to, callerId, this.#now()));
  }

  async hangup(call: string): Promise<Call> {
    const { id } = this.#table.expect(call).call;
    const ended = this.#table.untilEnd(id);
    let late: Timer | undefined;
    const deadline = new Promise<never>((_, reject) => {
      const text = `Asterisk has not ended the call within ${HANGUP_DEADLINE} ms; it is still being tried`;
      late = this.#clock.after(HANGUP_DEADLINE, () => reject(new CallError("ASTERISK", text)));
    });
    try {
      return await Promise.race([
        this.#table.request(id, { what: "hangup" }).then(() => ended.call),
        deadline,
      ]);
    } finally {
      late?.cancel();
      ended.forget();
    }
  }

  async abandon(call: string): Promise<void> {
    await this.#table.request(this.#table.expect(call).call.id, { what: "abandon" });
  }

  async transfer(call: string, destination: string, mode: TransferMode): Promise<Call> {
    const state = this.#table.expect(call);
    const to = this.#destination(destination);
    const by = this.#agentLeg(state, call);
    if (state.legs.some(({ party }) => party === partyOf(to))) {
      throw new CallError("NUMBER_INVALID", `${partyOf(to)} is in this call already`);
    }
    const other = state.legs.find(({ id }) => id !== by)?.party ?? state.call.from;
    const route = { to, callerId: shownTo(to, other), ringSeconds: RING_SECONDS };
    return this.#table.request(state.call.id, { what: "transfer", by, route, mode });
  }

  async completeTransfer(call: string): Promise<Call> {
    return this.#table.request(this.#table.expect(call).call.id, { what: "complete" });
  }

  async cancelTransfer(call: string): Promise<Call> {
    return this.#table.request(this.#table.expect(call).call.id, { what: "cancel" });
  }

  async hold(call: string): Promise<Call> {
    const state = this.#table.expect(call);
    return this.#table.request(state.call.id, { what: "hold", by: this.#agentLeg(state, call) });
  }

  async resume(call: string): Promise<Call> {
    return this.#table.request(this.#table.expect(call).call.id, { what: "resume" });
  }

  async sendDtmf(call: string, digits: Dtmf): Promise<Call> {
    const state = this.#table.expect(call);
    if (!/^[0-9A-D*#]{1,64}$/.test(digits)) {
      throw new CallError("NUMBER_INVALID", "tones are 1 to 64 of 0-9, A-D, * and #");
    }
    return this.#table.request(state.call.id, { what: "dtmf", by: this.#agentLeg(state, call), digits });
  }

  async openSeat(agent: string): Promise<Seat> {
    if (!isDn(agent, this.#config)) {
      throw new CallError(
        "NUMBER_INVALID",
        `${JSON.stringify(agent)} is no agent: a DN of this system is needed`,
      );
    }
    return this.#seats.open(agent);
  }

  async closeSeat(seatId: string): Promise<void> {
    this.#seats.close(seatId);
  }

  seats(): readonly Seat[] {
    return this.#seats.list();
  }

  async connect(call: string, seatId: string): Promise<Call> {
    const state = this.#table.expect(call);
    const seat = this.#seats.get(seatId);
    if (this.#table.callOf(seat.channelId) !== undefined) {
      throw new CallError("CALL_STATE", `${seat.agent} speaks with another customer`);
    }
    const leg = { id: seat.channelId, role: "seat", party: seat.agent, state: "up", inApp: true } as const;
    return this.#table.request(state.call.id, { what: "connect", seat: leg });
  }

  /** Says which recording of a call runs now; undefined: none. */
  recording(call: string, id: string | undefined): void {
    const found = this.#table.find(call);
    if (found !== undefined) this.#table.tell(found.call.id, { what: "recording", id });
  }

  /** Ends timers; calls go on at Asterisk. */
  stop(): void {
    this.#table.stop();
    this.#janitor.stop();
  }

  /** Things that are still being done; 0: all is quiet. */
  get busy(): number {
    return this.#table.busy + this.#janitor.waiting;
  }

  #choose(id: string, queue: string): void {
    const members = this.#queues.choose(
      queue,
      (dn) => this.#table.isBusy(dn) || this.#seats.list().some(({ agent }) => agent === dn),
    );
    // Who does not answer is asked again when the others have been.
    for (const dn of members) this.#queues.free(dn, this.#clock.now());
    this.#table.tell(id, { what: "ring", members });
  }

  #expectRoom(): void {
    if (this.#table.size < this.#maxCalls) return;
    throw new CallError(
      "TOO_MANY_CALLS",
      `${this.#maxCalls} calls are up, which is the limit: wait for some to end`,
    );
  }

  #destination(text: string): Destination {
    const to = readNumber(text, this.#config);
    if (to.kind === "refused") throw new CallError(to.code, to.message);
    return to;
  }

  /** The leg on whose behalf something is asked for: the one whose channel was named, else the agent's. */
  #agentLeg({ legs, call }: CallState, named: string): string {
    const own = legs.filter(({ party, role }) => isOwn(party) && role !== "consulted");
    const leg = own.find(({ id }) => id === named) ?? own.find(({ party }) => party === call.agent) ?? own[0];
    if (leg === undefined) throw new CallError("CALL_STATE", "no phone of ours is in this call now");
    return leg.id;
  }
}
