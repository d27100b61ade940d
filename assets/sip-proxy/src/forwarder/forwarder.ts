import type { Contact, OutboundRegistration } from "../../../../lib/ami";
import type { Clock, Timer } from "../../../../lib/sip";
import { type DnRange, type GenesysConfig, isAllowed } from "../config";
import type { PhoneEvents, RegistrationReport, SocketId } from "../edge/events";
import { contactOf } from "../genesys/binding";
import type { Log } from "../log";
import type { OwnRegistrations, ServerName } from "../relay/own-registrations";
import { AsteriskRegistration } from "./asterisk-registration";
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

/** Milliseconds that Asterisk has, after a switch to static mode, to register what the forwarder holds. */
export const HANDOVER = 30_000;

/**
 * Milliseconds from Asterisk's farewell to the un-REGISTER: a reload that changes a registration gives it up and asks
 * for it again, within 3 s (maxRandomInitialDelay in constructs/asterisk/trunk.ts).
 */
export const SECOND_THOUGHTS = 5_000;

/** What can be changed while it runs, but for `trunk`. */
export interface ForwarderSettings {
  /** False: Asterisk registers the DNs itself (static mode), and what is held here is handed over to it. */
  readonly forwarding: boolean;
  readonly genesys: Pick<
    GenesysConfig,
    "servers" | "credentials" | "registration" | "rate" | "burst" | "probeInterval"
  >;
  readonly trunk: { readonly host: string; readonly port: number };
  readonly allowedDns: readonly DnRange[];
  readonly graceSeconds: number;
  readonly reconcileSeconds: number;
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
  readonly asterisk: AsteriskRegistration;
  /** False for a DN outside the allowed ranges. */
  allowed: boolean;
  /** An operator doesn't want it at Genesys. */
  disabled: boolean;
  /** An operator released it: the phone's next REGISTER registers it again. */
  released: boolean;
  /** When its last contact went away with its socket. */
  goneAt: number | undefined;
  /** Static mode: it is kept registered until Asterisk has it, and no longer than until then. */
  handoverUntil: number | undefined;
  /** Asterisk has given it up: when it is un-registered, unless somebody wants it by then. */
  releaseAt: number | undefined;
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
 *
 * In static mode, and while the mode is switched, Asterisk itself registers DNs at Genesys too, with the same Contact
 * (genesys/binding.ts): there is one binding, and an un-REGISTER of either would take it from both. So the relay asks
 * here what to do with Asterisk's (OwnRegistrations), and un-REGISTERs are sent from here only, for what neither wants.
 */
export class Forwarder implements PhoneEvents, OwnRegistrations {
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
      credentials: () => this.settings.genesys.credentials,
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
      leastExpiry: (dn) => this.asteriskRelies(dn),
      credentials: () => this.settings.genesys.credentials,
      contact: (dn, { transport }) => {
        const { host: address, port } = this.settings.trunk;
        return contactOf(dn, { address, port }, transport);
      },
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
      if (!allowed) this.giveUp(line, "it is not within allowedDns any more");
      else if (!line.presence.empty) this.want(line, "it is within allowedDns now");
    }
    if (settings.forwarding !== before.forwarding)
      for (const line of this.lines.values()) this.switched(line, settings.forwarding);
  }

  asks(dn: string): boolean {
    const line = this.lines.get(dn) ?? this.add(dn);
    const { registration, asterisk } = line;
    line.releaseAt = undefined;
    if (registration.state === "releasing" && !registration.asksNow)
      registration.leave("Asterisk registers it");
    if (registration.mayStillRelease) return false;
    asterisk.asked(this.clock.now());
    this.arm(line);
    return true;
  }

  granted(dn: string, expires = this.settings.genesys.registration.expires): void {
    const line = this.lines.get(dn);
    if (line === undefined) return;
    line.asterisk.accepted(this.clock.now(), expires);
    this.handOver(line);
    this.arm(line);
  }

  gaveUp(dn: string, server: ServerName): void {
    const line = this.lines.get(dn) ?? this.add(dn);
    const { registration, asterisk } = line;
    const held = registration.wanted;
    this.context.meter.asteriskGaveUp(held ? "held" : "released");
    this.log.info(
      { dn, held },
      held
        ? "Asterisk gives the DN up, sip-proxy has it registered: Genesys is not told"
        : `Asterisk gives the DN up: un-registered in ${SECOND_THOUGHTS / 1000} s, unless somebody registers it`,
    );
    this.inherit(line, this.upstreams.named(server));
    asterisk.ended(this.clock.now());
    this.arm(line);
  }

  /**
   * Asterisk's list of its own registrations at Genesys. It tells what a restart of ours has forgotten.
   * @param askedAt when it was asked for, by this forwarder's clock
   */
  asteriskHas(registrations: readonly OutboundRegistration[], askedAt: number): void {
    const now = this.clock.now();
    const listed = new Set<string>();
    for (const { name, status } of registrations) {
      // By the section's name (constructs/asterisk/trunk.ts): a provider's user name may be digits, too.
      const dn = /^genesys-([0-9]{1,20})$/.exec(name)?.[1];
      if (dn === undefined) continue;
      listed.add(dn);
      const line = this.lines.get(dn) ?? this.add(dn);
      line.asterisk.listed(now, askedAt, status === "Registered");
      this.handOver(line);
      this.arm(line);
    }
    for (const line of this.lines.values()) {
      if (listed.has(line.dn)) continue;
      if (line.asterisk.isStale(now, askedAt)) {
        this.inherit(line, this.upstreams.named());
        line.asterisk.ended(now);
      }
      if (line.handoverUntil !== undefined && line.handoverUntil - HANDOVER <= askedAt)
        this.giveUp(line, "it is not among Asterisk's registrations");
      this.arm(line);
    }
  }

  /** Asterisk says that a contact is gone; of those that came through the tunnel, their sockets tell. */
  contactRemoved(dn: string, uri: string): void {
    const line = this.lines.get(dn);
    if (line?.presence.removed(uri)) this.decide(line, "Asterisk has another contact of it", undefined);
  }

  /** DNs that are to be registered, and have not been answered for yet. */
  get unanswered(): number {
    return this.count(({ registration }) => registration.state === "registering");
  }

  /** DNs that wait for Asterisk to take them over. */
  get handingOver(): number {
    return this.count(({ handoverUntil }) => handoverUntil !== undefined);
  }

  /** DNs that Asterisk has registered itself. */
  get asterisks(): number {
    const now = this.clock.now();
    return this.count(({ asterisk }) => asterisk.isAccepted(now));
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
      const nextListBy = now + this.settings.reconcileSeconds * 1500;
      presence.reconcile(byDn.get(line.dn) ?? [], askedAt, now, now - wallNow, nextListBy);
      this.decide(line, "Asterisk has it, it is adopted", undefined);
      if (!before.wanted && registration.wanted) adopted++;
      if (!before.empty && presence.empty) released++;
    }
    return { adopted, released };
  }

  /** Un-registers every DN; resolves when Genesys has none of them, or with those left at the deadline. */
  async releaseAll(deadline: number): Promise<number> {
    const open = () => this.count(({ registration }) => registration.state !== "idle");
    for (const line of this.lines.values()) this.giveUp(line, "the proxy is being taken out of service");
    await this.until(() => open() === 0, deadline);
    return open();
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
        if (!this.settings.forwarding) return conflict("is registered by Asterisk: this is static mode");
        if (line.disabled) return conflict("is disabled: enable it");
        if (!line.allowed) return conflict("is not within allowedDns");
        if (presence.empty) return conflict("has no phone registered at Asterisk");
        line.released = false;
        if (registration.wanted) registration.refresh("an operator refreshes it");
        else this.want(line, "an operator refreshes it");
        break;
      case "release":
        line.released = !presence.empty;
        this.giveUp(line, "an operator releases it");
        break;
      case "disable":
        line.disabled = true;
        this.giveUp(line, "an operator disables it");
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

  /** Whether a contact of the DN at Asterisk is known; true too for what is no DN. */
  knows(dn: string): boolean {
    return !/^[0-9]{1,20}$/.test(dn) || this.lines.get(dn)?.presence.empty === false;
  }

  /** Lets what is being un-registered come to its end, and what is about to be; for so many milliseconds at most. */
  async finish(deadline: number): Promise<void> {
    const now = this.clock.now();
    for (const { releaseAt, registration, asterisk } of this.lines.values())
      if (releaseAt !== undefined && !registration.wanted && !asterisk.stands(now))
        registration.release("the proxy stops");
    await this.until(
      () => this.count(({ registration }) => registration.state === "releasing") === 0,
      deadline,
    );
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
    return this.add(dn);
  }

  private add(dn: string): Line {
    const line: Line = {
      dn,
      presence: new Presence(),
      registration: new Registration(dn, this.nextKey++, this.context),
      asterisk: new AsteriskRegistration(),
      allowed: isAllowed(dn, this.settings.allowedDns),
      disabled: false,
      released: false,
      goneAt: undefined,
      handoverUntil: undefined,
      releaseAt: undefined,
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
    const { presence } = line;
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
      this.giveUp(line, farewell);
    } else line.goneAt ??= now;
    this.arm(line);
  }

  private want(line: Line, why: string, askedAt?: number): void {
    if (!this.settings.forwarding || !line.allowed || line.disabled || line.released) return;
    line.releaseAt = undefined;
    line.registration.want(why, askedAt);
  }

  /** The forwarder has no use for the DN any more: it is un-registered, unless Asterisk has it registered itself. */
  private giveUp(line: Line, why: string): void {
    const { registration, asterisk } = line;
    line.handoverUntil = undefined;
    if (!registration.wanted) return;
    if (asterisk.stands(this.clock.now())) registration.leave("Asterisk has it registered itself");
    else registration.unwant(why);
  }

  /** What Asterisk leaves at a server is to be un-registered like our own, unless somebody wants it by then. */
  private inherit(line: Line, upstream: Upstream): void {
    const now = this.clock.now();
    const { registration, asterisk } = line;
    const unknown = now + this.settings.genesys.registration.expires * 1000;
    registration.inherit(upstream, asterisk.until(now) ?? unknown);
    if (!registration.wanted) line.releaseAt = now + SECOND_THOUGHTS;
  }

  /** The mode has changed. */
  private switched(line: Line, forwarding: boolean): void {
    line.handoverUntil = undefined;
    if (forwarding) {
      if (!line.presence.empty) this.want(line, "sip-proxy registers the DNs from now on");
    } else if (line.registration.wanted) {
      line.handoverUntil = this.clock.now() + HANDOVER;
      this.handOver(line);
    }
    this.arm(line);
  }

  /** Lets go of what Asterisk has taken over. */
  private handOver(line: Line): void {
    if (line.handoverUntil !== undefined && line.asterisk.isAccepted(this.clock.now()))
      this.giveUp(line, "Asterisk has it");
  }

  /** Seconds that a binding has to last so that Asterisk's next refresh finds it. */
  private asteriskRelies(dn: string): number {
    const now = this.clock.now();
    const { asterisk } = this.lines.get(dn) ?? {};
    if (!asterisk?.isAccepted(now)) return 0;
    return Math.ceil(((asterisk.until(now) ?? now) - now) / 1000);
  }

  private until(condition: () => boolean, milliseconds: number): Promise<void> {
    const end = this.clock.now() + milliseconds;
    return new Promise((resolve) => {
      const look = () => {
        if (condition() || this.clock.now() >= end) resolve();
        else this.clock.after(50, look);
      };
      look();
    });
  }

  private count(which: (line: Line) => boolean): number {
    let count = 0;
    for (const line of this.lines.values()) if (which(line)) count++;
    return count;
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
  private lookAt(line: Line): number {
    const { handoverUntil = Number.POSITIVE_INFINITY, releaseAt = Number.POSITIVE_INFINITY } = line;
    return Math.min(this.phoneLookAt(line), handoverUntil, releaseAt);
  }

  /** The same, by the phones alone. */
  private phoneLookAt({ presence, registration, goneAt }: Line): number {
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
    const { presence, registration, asterisk } = line;
    if (line.handoverUntil !== undefined && now >= line.handoverUntil) {
      this.giveUp(line, `Asterisk has not registered it within ${HANDOVER / 1000} s`);
      this.arm(line);
      return;
    }
    if (line.releaseAt !== undefined && now >= line.releaseAt) {
      line.releaseAt = undefined;
      line.goneAt = now;
      if (!registration.wanted && !asterisk.stands(now))
        registration.release("nobody has a use for it any more");
      this.arm(line);
      return;
    }
    if (presence.expire(now - EXPIRY_SLACK)) {
      this.decide(line, "Asterisk has it", "its contact at Asterisk has run out");
      return;
    }
    if (registration.wanted) {
      this.giveUp(line, `its last WebSocket has been gone for ${this.settings.graceSeconds} s`);
      this.arm(line);
      return;
    }
    if (registration.state !== "idle" || line.disabled || asterisk.stands(now)) {
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
