import type { Contact } from "../../../../lib/ami";
import { type Clock, formatAddress, type Timer } from "../../../../lib/sip";
import { type DnRange, type GenesysConfig, isAllowed } from "../config";
import type { PhoneEvents, RegistrationReport, SocketId } from "../edge/events";
import type { Log } from "../log";
import { type ForwarderMeter, silentForwarderMeter } from "./meter";
import type { OpenLink } from "./network";
import { Pacer } from "./pacer";
import { Presence } from "./presence";
import { Registration, type RegistrationContext } from "./registration";
import type { Upstream } from "./upstream";
import { Upstreams } from "./upstreams";

/** Milliseconds for which the Call-ID and CSeq of a DN are kept after it was released. */
const MEMORY = 300_000;

/** Milliseconds that a phone may be late with its refresh before its contact counts as run out. */
const EXPIRY_SLACK = 2_000;

/** What can be changed while it runs, but for `trunk`. */
export interface ForwarderSettings {
  readonly genesys: Pick<
    GenesysConfig,
    "servers" | "credentials" | "registration" | "rate" | "burst" | "probeInterval"
  >;
  readonly trunk: { readonly host: string; readonly port: number };
  readonly allowedDns: readonly DnRange[];
  readonly graceSeconds: number;
}

export interface ForwarderOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly openLink: OpenLink;
  readonly settings: ForwarderSettings;
  /** @default counts nothing */
  readonly meter?: ForwarderMeter;
}

/** A DN with what Asterisk has of it and what Genesys is to have of it. */
export interface Line {
  readonly dn: string;
  readonly presence: Presence;
  readonly registration: Registration;
  /** False for a DN outside the allowed ranges. */
  allowed: boolean;
  /** An operator doesn't want it at Genesys. */
  disabled: boolean;
  /** An operator released it: the phone's next REGISTER registers it again. */
  released: boolean;
  /** When its last contact went away with its socket. */
  goneAt: number | undefined;
  timer: Timer | undefined;
  timerAt: number;
}

/** DNs. */
export interface Reconciled {
  readonly adopted: number;
  readonly released: number;
}

/** What an operator can ask for. */
export type Wish = "refresh" | "release" | "disable" | "enable";

/** What became of it: the DN, or why not. */
export type WishOutcome =
  | { readonly line: Line }
  | { readonly refused: "unknown" | "conflict"; readonly why: string };

/**
 * Makes Genesys know the DNs that Asterisk knows. Asterisk decides: what it accepted is registered, what it no
 * longer has is released.
 */
export class Forwarder implements PhoneEvents {
  readonly upstreams: Upstreams;
  readonly pacer: Pacer;
  private readonly lines = new Map<string, Line>();
  private readonly context: RegistrationContext;
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly log: Log;
  private settings: ForwarderSettings;
  private nextKey = 0;

  constructor(options: ForwarderOptions) {
    const { clock, random, log, openLink } = options;
    this.settings = options.settings;
    this.clock = clock;
    this.random = random;
    this.log = log;
    this.pacer = new Pacer(clock, options.settings.genesys.rate, options.settings.genesys.burst);
    this.upstreams = new Upstreams({
      clock,
      random,
      log,
      openLink,
      probeInterval: () => this.settings.genesys.probeInterval,
      onDown: (upstream, why) => this.upstreamDown(upstream, why),
      onUp: (upstream) => this.upstreamUp(upstream),
      sample: (upstream) => this.sample(upstream),
      onForgotten: (upstream, dn) => this.upstreamForgot(upstream, dn),
    });
    this.context = {
      clock,
      random,
      log,
      meter: options.meter ?? silentForwarderMeter,
      pacer: this.pacer,
      upstreams: this.upstreams,
      timing: () => this.settings.genesys.registration,
      credentials: () => this.settings.genesys.credentials,
      contact: (dn) =>
        `sip:${dn}@${formatAddress({ address: this.settings.trunk.host, port: this.settings.trunk.port })}`,
    };
  }

  /** Opens the sockets to the servers. */
  start(): Promise<void> {
    return this.upstreams.update(this.settings.genesys.servers);
  }

  async reconfigure(settings: ForwarderSettings): Promise<void> {
    const before = this.settings;
    this.settings = settings;
    this.pacer.configure(settings.genesys.rate, settings.genesys.burst);
    await this.upstreams.update(settings.genesys.servers);
    const credentialsChanged =
      JSON.stringify(before.genesys.credentials) !== JSON.stringify(settings.genesys.credentials);
    for (const line of this.lines.values()) {
      if (credentialsChanged) line.registration.credentialsChanged();
      const allowed = isAllowed(line.dn, settings.allowedDns);
      if (allowed === line.allowed) continue;
      line.allowed = allowed;
      if (!allowed) line.registration.unwant("it is not within allowedDns any more");
      else if (!line.presence.empty) this.want(line, "it is within allowedDns now");
    }
  }

  accepted(socket: SocketId, report: RegistrationReport): boolean {
    const line = this.lines.get(report.dn) ?? this.open(report.dn);
    const { wanted } = line.registration;
    line.presence.accept(socket, report, this.clock.now());
    if (report.contacts.some(({ expires }) => expires > 0)) line.released = false;
    this.decide(line, "200 from Asterisk", "200 from Asterisk, the phone un-registered", report.askedAt);
    return line.registration.wanted !== wanted;
  }

  closed(socket: SocketId, dns: readonly string[]): void {
    for (const dn of dns) {
      const line = this.lines.get(dn);
      if (line === undefined) continue;
      line.presence.closed(socket);
      this.decide(line, "another socket holds it", undefined);
    }
  }

  /**
   * Asterisk's whole list of contacts.
   * @param askedAt when it was asked for, by this forwarder's clock
   * @param wallNow milliseconds since 1970, now
   * @returns how many DNs came to light by it, and how many turned out to be gone
   */
  reconcile(contacts: readonly Contact[], askedAt: number, wallNow: number): Reconciled {
    const byDn = new Map<string, Contact[]>();
    for (const contact of contacts) {
      const list = byDn.get(contact.aor);
      if (list === undefined) byDn.set(contact.aor, [contact]);
      else list.push(contact);
    }
    const now = this.clock.now();
    let adopted = 0;
    let released = 0;
    for (const dn of byDn.keys()) if (!this.lines.has(dn)) this.open(dn);
    for (const line of this.lines.values()) {
      if (line.presence.empty && !byDn.has(line.dn)) continue;
      const { presence, registration } = line;
      const before = { empty: presence.empty, wanted: registration.wanted };
      presence.reconcile(byDn.get(line.dn) ?? [], askedAt, now, now - wallNow);
      this.decide(line, "Asterisk has it, it is adopted", undefined);
      if (!before.wanted && registration.wanted) adopted++;
      if (!before.empty && presence.empty) released++;
    }
    return { adopted, released };
  }

  /** Un-registers every DN; resolves when Genesys has none of them, or with those left at the deadline. */
  releaseAll(deadline: number): Promise<number> {
    const open = () =>
      [...this.lines.values()].filter(({ registration }) => registration.state !== "idle").length;
    for (const { registration } of this.lines.values())
      registration.unwant("the proxy is being taken out of service");
    const until = this.clock.now() + deadline;
    return new Promise((resolve) => {
      const look = () => {
        const left = open();
        if (left === 0 || this.clock.now() >= until) resolve(left);
        else this.clock.after(50, look);
      };
      look();
    });
  }

  /** What an operator asks for. What is disabled is kept in memory only: a restart forgets it. */
  fulfil(wish: Wish, dn: string): WishOutcome {
    const line = this.lines.get(dn) ?? (wish === "disable" ? this.openForOperator(dn) : undefined);
    if (line === undefined)
      return { refused: "unknown", why: `DN ${dn} is registered neither at Asterisk nor at Genesys` };
    const { registration, presence } = line;
    const conflict = (why: string): WishOutcome => ({ refused: "conflict", why: `DN ${dn} ${why}` });
    switch (wish) {
      case "refresh":
        if (line.disabled) return conflict("is disabled: enable it");
        if (!line.allowed) return conflict("is not within allowedDns");
        if (presence.empty) return conflict("has no phone registered at Asterisk");
        line.released = false;
        if (registration.wanted) registration.refresh("an operator refreshes it");
        else registration.want("an operator refreshes it");
        break;
      case "release":
        line.released = !presence.empty;
        registration.unwant("an operator releases it");
        break;
      case "disable":
        line.disabled = true;
        registration.unwant("an operator disables it");
        break;
      case "enable":
        line.disabled = false;
        line.released = false;
        if (!presence.empty) this.want(line, "an operator enables it");
    }
    if (presence.empty) line.goneAt = this.clock.now();
    this.log.warn({ dn, wish }, `an operator asked for it: ${wish}`);
    this.arm(line);
    return { line };
  }

  get(dn: string): Line | undefined {
    return this.lines.get(dn);
  }

  /** All DNs that are known, in no order. */
  all(): Iterable<Line> {
    return this.lines.values();
  }

  /** Stops timers and closes sockets; Genesys keeps what it has. */
  async stop(): Promise<void> {
    this.pacer.stop();
    for (const line of this.lines.values()) {
      line.timer?.cancel();
      line.registration.stop();
    }
    await this.upstreams.stop();
  }

  /** Only a DN that may be forwarded needs to be kept from it. */
  private openForOperator(dn: string): Line | undefined {
    return isAllowed(dn, this.settings.allowedDns) ? this.open(dn) : undefined;
  }

  private open(dn: string): Line {
    const allowed = isAllowed(dn, this.settings.allowedDns);
    if (!allowed) this.log.warn({ dn }, "this DN is not within allowedDns: it is not registered at Genesys");
    const line: Line = {
      dn,
      presence: new Presence(),
      registration: new Registration(dn, this.nextKey++, this.context),
      allowed,
      disabled: false,
      released: false,
      goneAt: undefined,
      timer: undefined,
      timerAt: 0,
    };
    this.lines.set(dn, line);
    return line;
  }

  /**
   * Brings what Genesys is to have in line with what Asterisk has.
   * @param farewell why the DN is released at once where it has no contact left; undefined: after the grace time
   */
  private decide(line: Line, welcome: string, farewell: string | undefined, askedAt?: number): void {
    const { presence, registration } = line;
    const now = this.clock.now();
    if (!presence.empty) {
      line.goneAt = undefined;
      this.want(line, welcome, askedAt);
      this.arm(line);
      return;
    }
    line.released = false;
    if (farewell !== undefined) {
      line.goneAt = now;
      registration.unwant(farewell);
    } else line.goneAt ??= now;
    this.arm(line);
  }

  private want(line: Line, why: string, askedAt?: number): void {
    if (line.allowed && !line.disabled && !line.released) line.registration.want(why, askedAt);
  }

  private arm(line: Line): void {
    const at = this.lookAt(line);
    // A refresh only moves the time back: the timer that runs finds that out when it fires.
    if (line.timer !== undefined && line.timerAt <= at) return;
    line.timer?.cancel();
    line.timerAt = at;
    line.timer = this.clock.after(Math.max(0, at - this.clock.now()), () => {
      line.timer = undefined;
      this.look(line);
    });
  }

  /** When something about the DN has to be decided without anything happening. */
  private lookAt({ presence, registration, goneAt }: Line): number {
    const expiry = presence.nextExpiry;
    if (expiry !== undefined) return expiry + EXPIRY_SLACK;
    const since = goneAt ?? this.clock.now();
    return registration.wanted ? since + this.settings.graceSeconds * 1000 : since + MEMORY;
  }

  private look(line: Line): void {
    const now = this.clock.now();
    if (now < this.lookAt(line)) {
      this.arm(line);
      return;
    }
    const { presence, registration } = line;
    if (presence.expire(now - EXPIRY_SLACK)) {
      this.decide(line, "Asterisk has it", "its contact at Asterisk has run out");
      return;
    }
    if (registration.wanted) {
      registration.unwant(`its last WebSocket has been gone for ${this.settings.graceSeconds} s`);
      this.arm(line);
      return;
    }
    if (registration.state !== "idle" || line.disabled) {
      line.goneAt = now;
      this.arm(line);
      return;
    }
    this.lines.delete(line.dn);
  }

  private upstreamDown(upstream: Upstream, why: string): void {
    for (const { registration } of this.lines.values()) registration.upstreamDown(upstream, why);
  }

  private upstreamUp(upstream: Upstream): void {
    for (const { registration } of this.lines.values()) registration.upstreamUp(upstream);
  }

  /** One of the DNs that rest at a server, by chance. */
  private sample(upstream: Upstream): string | undefined {
    const resting = [...this.lines.values()].filter(({ registration }) => registration.restsAt(upstream));
    return resting[Math.floor(this.random() * resting.length)]?.dn;
  }

  private upstreamForgot(upstream: Upstream, dn: string): void {
    // It may have been released, or asked for anew, while the answer was under way.
    if (this.lines.get(dn)?.registration.restsAt(upstream) !== true) return;
    this.log.warn({ server: upstream.name, dn }, "Genesys has lost its registrations");
    for (const { registration } of this.lines.values()) registration.upstreamForgot(upstream);
  }
}
