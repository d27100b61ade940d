import { type Address, type Clock, formatAddress, systemClock } from "../../../../lib/sip";
import type { Mirror } from "../hep/mirror";
import type { Log } from "../log";
import { CallMemory } from "./call-memory";
import type { RelayConfig } from "./config";
import { RelayCore } from "./core";
import type { Answer, Arrival, Forward } from "./decision";
import { Link } from "./link";
import type { RelayMetrics } from "./metrics";
import type { OwnRegistrations } from "./own-registrations";
import { type Lookup, Peers } from "./peers";
import { canonicalHost, Side, type SideName } from "./sides";
import { type Deliver, TalkDesk } from "./talk-desk";

export interface RelayOptions {
  readonly config: RelayConfig;
  /** Hosts of Genesys' servers, names or addresses. */
  readonly genesys: readonly string[];
  readonly deliver: Deliver;
  readonly registrations: OwnRegistrations;
  readonly metrics: RelayMetrics;
  readonly log: Log;
  /** @default mirrors nothing */
  readonly mirror?: Mirror | undefined;
  /** @default the process clock */
  readonly clock?: Clock;
  /** @default the system's resolver */
  readonly lookup?: Lookup;
}

/** Milliseconds for which a receiver that takes no TCP gets long requests by UDP without being asked again. */
const TCP_RETRY = 300_000;

/** Milliseconds between two lines of the log about what strangers send. */
const STRANGER_REPORT = 60_000;

/** The relay with its sockets: decides by RelayCore, and does what it decides. */
export class Relay {
  private readonly sides: Readonly<Record<SideName, Side>>;
  private readonly links = new Map<SideName, Link>();
  private readonly peers: Peers;
  private readonly calls: CallMemory;
  private readonly core: RelayCore;
  private readonly desk: TalkDesk;
  private readonly clock: Clock;
  /** Receivers that took no TCP, and until when that is believed. */
  private readonly withoutTcp = new Map<string, number>();
  private strangers = { count: 0, reportedAt: Number.NEGATIVE_INFINITY };

  private constructor(private readonly options: RelayOptions) {
    const { config, genesys, deliver, metrics, log, lookup } = options;
    const clock = options.clock ?? systemClock;
    this.clock = clock;
    this.sides = {
      genesys: new Side("genesys", config.genesysSide),
      asterisk: new Side("asterisk", config.asteriskSide),
    };
    this.peers = new Peers([...genesys, ...config.peers], clock, log, lookup, config.talk.minutes * 60_000);
    this.calls = new CallMemory(clock, config.talk);
    this.desk = new TalkDesk({ deliver, deadline: config.talk.deadline, clock, log, metrics });
    this.core = new RelayCore({
      sides: this.sides,
      asterisk: { ...config.asterisk, address: canonicalHost(config.asterisk.address) },
      peers: this.peers,
      udpRequestLimit: config.udpRequestLimit,
      talkEvents: config.talkEvents,
      calls: this.calls,
      registrations: options.registrations,
    });
  }

  /** Resolves when both sides listen. Rejects with TransportError "bind-failed", and leaves nothing open then. */
  static async start(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    try {
      await relay.open();
      return relay;
    } catch (error) {
      await relay.stop();
      throw error;
    }
  }

  /** Takes over other hosts of Genesys; calls with those before go on. */
  async changeGenesys(hosts: readonly string[]): Promise<void> {
    await this.peers.update([...hosts, ...this.options.config.peers]);
  }

  async stop(): Promise<void> {
    this.peers.stop();
    await Promise.all([...this.links.values()].map((link) => link.close()));
    this.desk.stop();
  }

  private async open(): Promise<void> {
    await this.peers.start();
    const { asterisk } = this.options.config;
    const asteriskAddress = canonicalHost(asterisk.address);
    await this.listen("genesys", (address) => this.peers.has(address));
    await this.listen("asterisk", (address) => canonicalHost(address) === asteriskAddress);
    const { genesysSide, asteriskSide, talkEvents } = this.options.config;
    this.options.log.info(
      { genesysSide: formatAddress(genesysSide), asteriskSide: formatAddress(asteriskSide), talkEvents },
      "the trunk relay listens",
    );
  }

  private async listen(name: SideName, isKnown: (address: string) => boolean): Promise<void> {
    const { config, log } = this.options;
    const link = await Link.open({
      side: this.sides[name],
      tcp: config.tcp,
      receiveBuffer: config.receiveBuffer,
      mirror: this.options.mirror,
      accepts: (remote) => isKnown(remote.address) || this.ignore(name, remote),
      onMessage: (parsed, protocol, remote) => this.receive({ side: name, protocol, remote, parsed }),
      onError: (error) => log.warn({ side: name, error: error.message }, "a socket of the relay has failed"),
    });
    this.links.set(name, link);
  }

  private receive(arrival: Arrival): void {
    const { metrics, log } = this.options;
    const { side, remote } = arrival;
    const { message, fault } = arrival.parsed;
    metrics.received(side, fault !== undefined ? "malformed" : message.isRequest ? "request" : "response");
    const decision = this.core.decide(arrival);
    switch (decision.do) {
      case "forward":
        void this.forward(decision, side);
        break;
      case "answer":
        this.answer(decision, side);
        break;
      case "talk":
        this.desk.take(decision, (answer) => this.answer(answer, side, "silent"));
        break;
      case "drop": {
        const { reason, why, callId } = decision;
        metrics.dropped(side, reason);
        log.debug({ side, from: formatAddress(remote), callId, reason }, `dropped: ${why}`);
      }
    }
  }

  private async forward(forward: Forward, from: SideName): Promise<void> {
    const { metrics, log } = this.options;
    const link = this.links.get(forward.to);
    try {
      await this.carry(forward, link);
      metrics.forwarded(forward.to, forward.kind);
    } catch (error) {
      metrics.dropped(from, "send-failed");
      const to = formatAddress(forward.hop.address);
      const fields = { side: forward.to, to, callId: forward.callId, error: (error as Error).message };
      log.warn(fields, `a ${forward.kind} could not be sent to ${to}`);
      if (forward.undeliverable !== undefined) this.answer(forward.undeliverable(), from);
    }
  }

  private async carry({ hop, bytes, fallback }: Forward, link: Link | undefined): Promise<void> {
    if (link === undefined) throw new Error("the relay is starting or stopping");
    if (fallback === undefined) return link.send(bytes, hop);
    const receiver = hop.address.address;
    if ((this.withoutTcp.get(receiver) ?? 0) > this.clock.now())
      return link.send(fallback.bytes, fallback.hop);
    try {
      await link.send(bytes, hop);
    } catch (error) {
      // 18.1.1: SHOULD be tried by UDP then. Receivers are hosts of the configuration, so the map is a small one.
      this.withoutTcp.set(receiver, this.clock.now() + TCP_RETRY);
      this.options.log.warn(
        { to: receiver, error: (error as Error).message },
        `${receiver} takes no TCP: long requests go to it by UDP for ${TCP_RETRY / 60_000} minutes`,
      );
      await link.send(fallback.bytes, fallback.hop);
    }
  }

  private answer(answer: Answer, side: SideName, manner: "logged" | "silent" = "logged"): void {
    const { metrics, log } = this.options;
    const { status, hop, bytes, method, callId, dn, why } = answer;
    metrics.answered(side, status);
    const to = formatAddress(hop.address);
    if (manner === "logged" && status >= 300)
      log.warn({ side, to, method, callId, dn, status }, `${method} refused: ${status}, ${why}`);
    this.links
      .get(side)
      ?.send(bytes, hop)
      .catch((error: Error) => {
        metrics.dropped(side, "send-failed");
        log.warn({ side, to, callId, error: error.message }, `an answer could not be sent to ${to}`);
      });
  }

  /** Counted one by one, reported together: anybody can send anything. */
  private ignore(side: SideName, remote: Address): false {
    const { metrics, log } = this.options;
    metrics.dropped(side, "stranger");
    this.strangers.count++;
    const now = this.clock.now();
    if (now - this.strangers.reportedAt >= STRANGER_REPORT) {
      const { count } = this.strangers;
      const from = formatAddress(remote);
      this.strangers = { count: 0, reportedAt: now };
      log.warn({ side, from, count }, `ignored ${count} times what strangers sent, the last one ${from}`);
    }
    return false;
  }
}
