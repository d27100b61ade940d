import { randomUUID } from "node:crypto";
import type { AriEvent, Channel, HangupReason } from "../../../../lib/ari";
import type { Logger } from "../../../../lib/service";
import type { CallControlConfig } from "../config";
import type { Call } from "./call";
import type { CallRate } from "./call-rate";
import type { CallTable } from "./call-table";
import { readFact } from "./events";
import { take } from "./incoming";
import type { Janitor } from "./janitor";
import { readBridgeId, readLegId } from "./leg";
import type { CallsMeter } from "./meter";
import type { PhoneTransfers } from "./phone-transfers";
import { restore } from "./restore";
import type { Seats } from "./seats";
import { isInApp, missed, type Standing } from "./snapshot";

export interface SwitchboardOptions {
  readonly config: CallControlConfig;
  readonly table: CallTable;
  readonly seats: Seats;
  readonly transfers: PhoneTransfers;
  readonly janitor: Janitor;
  readonly rate: CallRate;
  readonly log: Logger;
  readonly meter: CallsMeter;
  readonly maxCalls: number;
  readonly now: () => Date;
}

/** Says whose each channel is that Asterisk tells of: a call's, a seat's, a new call's, or nobody's. */
export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #table: CallTable;
  #restoring: readonly Call[] = [];

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    this.#table = options.table;
  }

  /** Calls that are taken up at the next `ready`. */
  restore(calls: readonly Call[]): void {
    this.#restoring = [...this.#restoring, ...calls];
  }

  /** Compares what is known with what stands: each may have gone on without the other. */
  ready(standing: Standing): void {
    for (const call of this.#restoring) {
      void this.#table.apply(call.id, restore(call, standing, this.#options.config, this.#options.now()));
    }
    this.#restoring = [];
    this.#options.seats.reconcile(standing);
    for (const state of this.#table.states()) {
      for (const input of missed(state, standing)) this.#table.tell(state.call.id, input);
    }
    for (const channel of standing.channels.values()) this.#found(channel);
    for (const id of standing.bridges.keys()) {
      const call = readBridgeId(id);
      if (call === undefined || this.#table.has(call)) continue;
      this.#options.meter.orphaned("bridge");
      this.#options.janitor.remove({ kind: "bridge", id });
    }
  }

  /** A channel that stands: whose it is, nobody may know any more, or nobody yet. */
  #found(channel: Channel): void {
    if (this.#table.callOf(channel.id) !== undefined || this.#options.seats.has(channel.id)) return;
    const [app, ...args] = channel.dialplan.app_data.split(",");
    if (readLegId(channel.id) !== undefined) this.#remove(channel.id);
    else if (isInApp(channel) && app === this.#options.config.ari.app) this.#arrived(channel, args);
  }

  event(event: AriEvent): void {
    if (event.type === "StasisStart") {
      if (event.replace_channel !== undefined)
        this.#options.transfers.replaces(event.channel.id, event.replace_channel.id);
      this.#arrived(event.channel, event.args);
      return;
    }
    if (event.type === "BridgeBlindTransfer") this.#options.transfers.blind(event);
    if (event.type === "BridgeAttendedTransfer") this.#options.transfers.attended(event);
    const fact = readFact(event);
    if (fact === undefined) return;
    const call = this.#table.callOf(fact.leg);
    if (call !== undefined) this.#table.tell(call, fact);
    if (fact.what === "gone") this.#options.seats.gone(fact.leg);
    // A channel that was given up, because nobody knew whether it would ever be made.
    else if (call === undefined && !this.#options.seats.has(fact.leg)) this.#disown(fact.leg);
  }

  #arrived(channel: Channel, args: readonly string[]): void {
    if (args[0] === "leg") {
      const call = this.#table.callOf(channel.id);
      if (call !== undefined) this.#table.tell(call, { what: "arrived", leg: channel.id });
      else if (this.#options.seats.has(channel.id)) this.#options.seats.arrived(channel.id);
      else this.#remove(channel.id);
      return;
    }
    // What Asterisk makes when a phone transfers by itself: that event says what it's for.
    if (channel.name.startsWith("Local/")) return;
    const call = this.#table.callOf(channel.id);
    if (call !== undefined) {
      if (args[0] === "internal")
        this.#table.tell(call, { what: "returned", leg: channel.id, extension: args[1] ?? "" });
      else this.#remove(channel.id);
      return;
    }
    if (this.#table.size >= this.#options.maxCalls) {
      this.#remove(channel.id, "congestion");
      return;
    }
    const id = randomUUID();
    const begun = take({ channel, args }, id, this.#options.config, this.#options.rate, this.#options.now());
    if (begun === undefined) {
      this.#options.log.warn(
        { channel: channel.id, args },
        "a channel came from the dialplan that is not for anything",
      );
      this.#remove(channel.id, "failure");
      return;
    }
    void this.#table.apply(id, begun);
  }

  #disown(channelId: string): void {
    if (readLegId(channelId) !== undefined) this.#remove(channelId);
  }

  #remove(channelId: string, reason?: HangupReason): void {
    this.#options.meter.orphaned("channel");
    this.#options.janitor.remove({ kind: "channel", id: channelId, reason });
  }
}
