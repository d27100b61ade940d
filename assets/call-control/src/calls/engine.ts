import { randomUUID } from "node:crypto";
import type { AriError, AriEvent, Channel, HangupReason } from "../../../../lib/ari";
import type { Logger } from "../../../../lib/service";
import { type Clock, systemClock, type Timer } from "../../../../lib/sip/clock";
import type { CallControlConfig } from "../config";
import { type Destination, isDn, readNumber } from "../numbers";
import { advance } from "./advance";
import type { Ari } from "./ari";
import * as begin from "./begin";
import type { Call, CallChange } from "./call";
import { CallRate } from "./call-rate";
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
import { readFact } from "./events";
import { Feed } from "./feed";
import { RING_SECONDS, take } from "./incoming";
import type { Input, Request } from "./inputs";
import { Janitor } from "./janitor";
import { readBridgeId, readLegId } from "./leg";
import type { CallsMeter } from "./meter";
import { PhoneTransfers } from "./phone-transfers";
import { Queues } from "./queues";
import { restore } from "./restore";
import { Runner } from "./runner";
import { Seats } from "./seats";
import { isInApp, missed, readSnapshot, type Standing } from "./snapshot";
import { type CallState, isDn as isOwn } from "./state";
import type { Advance } from "./step";

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
 * The calls of this Asterisk. Each is a `CallState`; requests, and events of Asterisk's, make another one of it
 * (`advance`), and the commands that come of that are carried out by a `Runner`. It begins to work when the ARI client
 * is ready.
 */
export class CallEngine implements Calls {
  readonly #config: CallControlConfig;
  readonly #log: Logger;
  readonly #meter: CallsMeter;
  readonly #maxCalls: number;
  readonly #clock: Clock;
  readonly #now: () => Date;
  readonly #states = new Map<string, CallState>();
  /** The call of each leg. */
  readonly #byLeg = new Map<string, string>();
  readonly #wakes = new Map<string, Timer>();
  /** Who waits for a call's end. */
  readonly #ends = new Map<string, Set<(call: Call) => void>>();
  readonly #rate: CallRate;
  readonly #queues: Queues;
  readonly #janitor: Janitor;
  readonly #runner: Runner;
  readonly #seats: Seats;
  readonly #transfers: PhoneTransfers;
  #restoring: readonly Call[] = [];
  #stopped = false;
  readonly #changes: Feed<CallChange>;
  readonly #closedSeats: Feed<Seat>;

  constructor({ config, ari, log, meter, ...options }: CallEngineOptions) {
    const { clock = systemClock, random = Math.random, now = () => new Date() } = options;
    this.#config = config;
    this.#log = log;
    this.#meter = meter;
    this.#maxCalls = options.maxCalls ?? 2_000;
    this.#clock = clock;
    this.#now = now;
    this.#rate = new CallRate(config.callsPerMinute, () => clock.now());
    this.#queues = new Queues(config.queues);
    this.#changes = new Feed(log);
    this.#closedSeats = new Feed(log);
    this.#janitor = new Janitor(ari, clock, random);
    this.#runner = new Runner({
      ari,
      config,
      janitor: this.#janitor,
      clock,
      random,
      report: (call, input) => this.#tell(call, input),
      choose: (call, queue) => this.#choose(call, queue),
      wake: (call, after) => this.#wake(call, after),
    });
    this.#seats = new Seats(ari, config.ari.app, this.#janitor, clock, (seat) =>
      this.#closedSeats.tell(seat),
    );
    this.#transfers = new PhoneTransfers({
      config,
      janitor: this.#janitor,
      callOf: (leg) => this.#byLeg.get(leg),
      transfer: (leg, destination) => this.transfer(leg, destination, "blind"),
      tell: (call, input) => this.#tell(call, input),
    });
    ari.on("event", (event) => this.#event(event));
    ari.on("ready", (snapshot) => this.#ready(readSnapshot(snapshot)));
  }

  /** Calls that an earlier process had when it ended: they are taken up again when Asterisk is connected. */
  restore(calls: readonly Call[]): void {
    this.#restoring = [...this.#restoring, ...calls];
  }

  on(event: "change", listener: (change: CallChange) => void): this;
  on(event: "seatClosed", listener: (seat: Seat) => void): this;
  on(
    event: "change" | "seatClosed",
    listener: ((change: CallChange) => void) | ((seat: Seat) => void),
  ): this {
    if (event === "change") this.#changes.listen(listener as (change: CallChange) => void);
    else this.#closedSeats.listen(listener as (seat: Seat) => void);
    return this;
  }

  live(): readonly Call[] {
    return [...this.#states.values()].map(({ call }) => call);
  }

  find(call: string): Call | undefined {
    return this.#find(call)?.call;
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
    const callerId = this.#callerId(to, agent);
    const id = randomUUID();
    return this.#make(
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
    if (this.#states.has(request.callId) || this.#byLeg.has(request.channelId)) {
      throw new CallError("CALL_STATE", `call ${request.callId} is being dialled already`);
    }
    const callerId = request.callerId ?? to.trunk.callerId ?? "anonymous";
    return this.#make(request.callId, begin.dial(request, to, callerId, this.#now()));
  }

  async hangup(call: string): Promise<Call> {
    const { id } = this.#expect(call).call;
    const ended = this.#untilEnd(id);
    let late: Timer | undefined;
    const deadline = new Promise<never>((_, reject) => {
      const text = `Asterisk has not ended the call within ${HANGUP_DEADLINE} ms; it is still being tried`;
      late = this.#clock.after(HANGUP_DEADLINE, () => reject(new CallError("ASTERISK", text)));
    });
    try {
      return await Promise.race([this.#request(id, { what: "hangup" }).then(() => ended.call), deadline]);
    } finally {
      late?.cancel();
      ended.forget();
    }
  }

  async abandon(call: string): Promise<void> {
    await this.#request(this.#expect(call).call.id, { what: "abandon" });
  }

  async transfer(call: string, destination: string, mode: TransferMode): Promise<Call> {
    const state = this.#expect(call);
    const to = this.#destination(destination);
    const by = this.#agentLeg(state, call);
    if (state.legs.some(({ party }) => party === partyOf(to))) {
      throw new CallError("NUMBER_INVALID", `${partyOf(to)} is in this call already`);
    }
    const other = state.legs.find(({ id }) => id !== by)?.party ?? state.call.from;
    const route = { to, callerId: this.#callerId(to, other), ringSeconds: RING_SECONDS };
    return this.#request(state.call.id, { what: "transfer", by, route, mode });
  }

  async completeTransfer(call: string): Promise<Call> {
    return this.#request(this.#expect(call).call.id, { what: "complete" });
  }

  async cancelTransfer(call: string): Promise<Call> {
    return this.#request(this.#expect(call).call.id, { what: "cancel" });
  }

  async hold(call: string): Promise<Call> {
    const state = this.#expect(call);
    return this.#request(state.call.id, { what: "hold", by: this.#agentLeg(state, call) });
  }

  async resume(call: string): Promise<Call> {
    return this.#request(this.#expect(call).call.id, { what: "resume" });
  }

  async sendDtmf(call: string, digits: Dtmf): Promise<Call> {
    const state = this.#expect(call);
    if (!/^[0-9A-D*#]{1,64}$/.test(digits)) {
      throw new CallError("NUMBER_INVALID", "tones are 1 to 64 of 0-9, A-D, * and #");
    }
    return this.#request(state.call.id, { what: "dtmf", by: this.#agentLeg(state, call), digits });
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
    const state = this.#expect(call);
    const seat = this.#seats.get(seatId);
    if (this.#byLeg.has(seat.channelId)) {
      throw new CallError("CALL_STATE", `${seat.agent} speaks with another customer`);
    }
    const leg = { id: seat.channelId, role: "seat", party: seat.agent, state: "up", inApp: true } as const;
    return this.#request(state.call.id, { what: "connect", seat: leg });
  }

  /** Says which recording of a call runs now; undefined: none. */
  recording(call: string, id: string | undefined): void {
    const found = this.#find(call);
    if (found !== undefined) this.#tell(found.call.id, { what: "recording", id });
  }

  /** Ends timers; calls go on at Asterisk. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#wakes.values()) timer.cancel();
    this.#wakes.clear();
    this.#janitor.stop();
  }

  /** Things that are still being done; 0: all is quiet. */
  get busy(): number {
    return this.#runner.busy + this.#janitor.waiting;
  }

  /** Compares what is known with what stands: each may have gone on without the other. */
  #ready(standing: Standing): void {
    for (const call of this.#restoring) {
      void this.#apply(call.id, restore(call, standing, this.#config, this.#now()));
    }
    this.#restoring = [];
    this.#seats.reconcile(standing);
    for (const state of [...this.#states.values()]) {
      for (const input of missed(state, standing)) this.#tell(state.call.id, input);
    }
    for (const channel of standing.channels.values()) this.#found(channel);
    for (const id of standing.bridges.keys()) {
      const call = readBridgeId(id);
      if (call === undefined || this.#states.has(call)) continue;
      this.#meter.orphaned("bridge");
      this.#janitor.remove({ kind: "bridge", id });
    }
  }

  /** A channel that stands: whose it is, nobody may know any more, or nobody yet. */
  #found(channel: Channel): void {
    if (this.#byLeg.has(channel.id) || this.#seats.has(channel.id)) return;
    const [app, ...args] = channel.dialplan.app_data.split(",");
    if (readLegId(channel.id) !== undefined) this.#remove(channel.id);
    else if (isInApp(channel) && app === this.#config.ari.app) this.#arrived(channel, args);
  }

  #event(event: AriEvent): void {
    if (event.type === "StasisStart") {
      if (event.replace_channel !== undefined)
        this.#transfers.replaces(event.channel.id, event.replace_channel.id);
      this.#arrived(event.channel, event.args);
      return;
    }
    if (event.type === "BridgeBlindTransfer") this.#transfers.blind(event);
    if (event.type === "BridgeAttendedTransfer") this.#transfers.attended(event);
    const fact = readFact(event);
    if (fact === undefined) return;
    const call = this.#byLeg.get(fact.leg);
    if (call !== undefined) this.#tell(call, fact);
    if (fact.what === "gone") this.#seats.gone(fact.leg);
    // A channel that was given up, because nobody knew whether it would ever be made.
    else if (call === undefined && !this.#seats.has(fact.leg)) this.#disown(fact.leg);
  }

  #arrived(channel: Channel, args: readonly string[]): void {
    if (args[0] === "leg") {
      const call = this.#byLeg.get(channel.id);
      if (call !== undefined) this.#tell(call, { what: "arrived", leg: channel.id });
      else if (this.#seats.has(channel.id)) this.#seats.arrived(channel.id);
      else this.#remove(channel.id);
      return;
    }
    // What Asterisk makes when a phone transfers by itself: that event says what it's for.
    if (channel.name.startsWith("Local/")) return;
    const call = this.#byLeg.get(channel.id);
    if (call !== undefined) {
      if (args[0] === "internal")
        this.#tell(call, { what: "returned", leg: channel.id, extension: args[1] ?? "" });
      else this.#remove(channel.id);
      return;
    }
    if (this.#states.size >= this.#maxCalls) {
      this.#remove(channel.id, "congestion");
      return;
    }
    const id = randomUUID();
    const begun = take({ channel, args }, id, this.#config, this.#rate, this.#now());
    if (begun === undefined) {
      this.#log.warn(
        { channel: channel.id, args },
        "a channel came from the dialplan that is not for anything",
      );
      this.#remove(channel.id, "failure");
      return;
    }
    void this.#apply(id, begun);
  }

  #disown(channelId: string): void {
    if (readLegId(channelId) !== undefined) this.#remove(channelId);
  }

  #remove(channelId: string, reason?: HangupReason): void {
    this.#meter.orphaned("channel");
    this.#janitor.remove({ kind: "channel", id: channelId, reason });
  }

  /** A call that was asked for; rejects when its first channel can't be had. */
  async #make(id: string, begun: Advance): Promise<Call> {
    const ended = this.#untilEnd(id);
    const error = await this.#apply(id, begun);
    const state = this.#states.get(id);
    if (state !== undefined) {
      ended.forget();
      return state.call;
    }
    const { outcome, causeText = "it ended at once", ...call } = await ended.call;
    if (outcome === "unavailable") {
      throw new CallError("UNAVAILABLE", `${call.agent ?? call.to} can't be reached: ${causeText}`);
    }
    throw new CallError("ASTERISK", `the call could not be made: ${causeText}`, { cause: error });
  }

  async #request(id: string, request: Request): Promise<Call> {
    const state = this.#expect(id);
    const next = advance(state, request, this.#now());
    const error = await this.#apply(id, next);
    if (error === undefined) return this.#states.get(id)?.call ?? next.state.call;
    throw new CallError("ASTERISK", `Asterisk did not do it: ${error.message}`, { cause: error });
  }

  #tell(id: string, input: Exclude<Input, Request>): void {
    const state = this.#states.get(id);
    // What fails because this process ends is no failure of the call, which the next one takes up.
    if (state === undefined || this.#stopped) return;
    void this.#apply(id, advance(state, input, this.#now()));
  }

  /** The one place where a call's state is replaced. Resolves when its commands are done, with the first that was not. */
  async #apply(id: string, { state, commands, changes }: Advance): Promise<AriError | undefined> {
    for (const leg of this.#states.get(id)?.legs ?? []) this.#byLeg.delete(leg.id);
    for (const leg of state.legs) this.#byLeg.set(leg.id, id);
    if (state.phase === "ended") this.#forget(id);
    else this.#states.set(id, state);
    const done = this.#runner.run(id, commands);
    for (const change of changes) this.#count(change);
    this.#changes.tell(...changes);
    const error = await done;
    if (error !== undefined) {
      this.#meter.failed(error.code);
      this.#log.warn({ call: id, error: error.message }, "Asterisk did not do what a call needs");
    }
    return error;
  }

  #forget(id: string): void {
    this.#states.delete(id);
    this.#wakes.get(id)?.cancel();
    this.#wakes.delete(id);
  }

  #count({ what, call }: CallChange): void {
    const { id, type, outcome, agent } = call;
    if (what === "started") this.#meter.began(type);
    if (what !== "ended" || outcome === undefined) return;
    this.#meter.ended(type, outcome);
    if (agent !== undefined) this.#queues.free(agent, this.#clock.now());
    const waiting = this.#ends.get(id);
    this.#ends.delete(id);
    for (const resolve of waiting ?? []) resolve(call);
  }

  #untilEnd(id: string): { readonly call: Promise<Call>; readonly forget: () => void } {
    const waiting = this.#ends.get(id) ?? new Set();
    this.#ends.set(id, waiting);
    let forget = () => {};
    const call = new Promise<Call>((resolve) => {
      waiting.add(resolve);
      forget = () => {
        waiting.delete(resolve);
        if (waiting.size === 0) this.#ends.delete(id);
      };
    });
    return { call, forget };
  }

  #choose(id: string, queue: string): void {
    const members = this.#queues.choose(queue, (dn) => this.#isBusy(dn));
    // Who does not answer is asked again when the others have been.
    for (const dn of members) this.#queues.free(dn, this.#clock.now());
    this.#tell(id, { what: "ring", members });
  }

  #isBusy(dn: string): boolean {
    if (this.#seats.list().some(({ agent }) => agent === dn)) return true;
    for (const { legs } of this.#states.values()) if (legs.some(({ party }) => party === dn)) return true;
    return false;
  }

  #wake(id: string, after: number): void {
    this.#wakes.get(id)?.cancel();
    if (!this.#states.has(id)) return;
    this.#wakes.set(
      id,
      this.#clock.after(after, () => {
        this.#wakes.delete(id);
        this.#tell(id, { what: "wake" });
      }),
    );
  }

  #find(call: string): CallState | undefined {
    return this.#states.get(call) ?? this.#states.get(this.#byLeg.get(call) ?? "");
  }

  #expect(call: string): CallState {
    const state = this.#find(call);
    if (state === undefined) throw new CallError("CALL_NOT_FOUND", `there is no call ${call} (any more)`);
    return state;
  }

  #expectRoom(): void {
    if (this.#states.size < this.#maxCalls) return;
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

  #callerId(to: Destination, from: string): string {
    return to.kind === "external" ? (to.trunk.callerId ?? from) : from;
  }

  /** The leg on whose behalf something is asked for: the one whose channel was named, else the agent's. */
  #agentLeg({ legs, call }: CallState, named: string): string {
    const own = legs.filter(({ party, role }) => isOwn(party) && role !== "consulted");
    const leg = own.find(({ id }) => id === named) ?? own.find(({ party }) => party === call.agent) ?? own[0];
    if (leg === undefined) throw new CallError("CALL_STATE", "no phone of ours is in this call now");
    return leg.id;
  }
}
