import type { AmiState } from "../../../lib/ami";
import type { Line } from "./forwarder/forwarder";
import type { Upstream } from "./forwarder/upstream";

/** What GET /registrations tells of a DN. Times are ISO 8601. */
export interface RegistrationView {
  readonly dn: string;
  /** At Genesys. */
  readonly state: string;
  readonly since: string;
  /** When the binding at Genesys runs out; null without one. */
  readonly expiresAt: string | null;
  readonly server: string | null;
  readonly lastAnswer: { readonly status: number; readonly reason: string; readonly at: string } | null;
  /** WebSockets on which phones are registered as this DN. */
  readonly sockets: number;
  readonly nextAction: { readonly what: string; readonly at: string | null } | null;
  /** False: outside the allowed ranges, so not forwarded. */
  readonly allowed: boolean;
  /** True: an operator has disabled it, so not forwarded either. */
  readonly disabled: boolean;
  /** True: Asterisk has it registered at Genesys itself. */
  readonly byAsterisk: boolean;
}

/**
 * @param now by the forwarder's clock
 * @param wallOffset what to add to a time of the forwarder's clock to get milliseconds since 1970
 */
export function viewOf(line: Line, now: number, wallOffset: number): RegistrationView {
  const { dn, registration, presence, asterisk, allowed, disabled } = line;
  const { state, since, expiresAt, upstream, lastAnswer, nextAction } = registration;
  const iso = (at: number | undefined) =>
    at === undefined ? null : new Date(Math.round(at + wallOffset)).toISOString();
  return {
    dn,
    state,
    since: iso(since) as string,
    expiresAt: iso(expiresAt),
    server: upstream?.name ?? null,
    lastAnswer: lastAnswer
      ? { status: lastAnswer.status, reason: lastAnswer.reason, at: iso(lastAnswer.at) as string }
      : null,
    sockets: presence.sockets.length,
    nextAction: nextAction ? { what: nextAction.what, at: iso(nextAction.at) } : null,
    allowed,
    disabled,
    byAsterisk: asterisk.isAccepted(now),
  };
}

/** Of the trunk relay. */
export interface RelayVitals {
  /** Its own AMI connection, for talk events; "off": it needs none. */
  readonly ami: AmiState | "off";
}

/** What the health of the proxy rests on. */
export interface Vitals {
  /** False: static mode. */
  readonly forwarding: boolean;
  /** Undefined: there is none. */
  readonly relay: RelayVitals | undefined;
  readonly listening: boolean;
  readonly ami: AmiState;
  /** Why there is no AMI session. */
  readonly amiError: string | undefined;
  /** Why Asterisk's WebSocket port can't be reached; undefined: it can. */
  readonly asteriskError: string | undefined;
  readonly sockets: number;
  /** DNs that wait for Asterisk to take them over. */
  readonly handingOver: number;
  readonly release: string;
  readonly servers: readonly Upstream[];
}

/**
 * Ready: phones can come in and be taken to Asterisk; in static mode they don't come here, and all that it takes is the
 * relay. A Genesys that is away is shown but is no fault of the proxy,
 * which goes on trying: restarting it would help nobody.
 */
export function healthOf(vitals: Vitals): { readonly ready: boolean; readonly body: unknown } {
  const faults = vitals.forwarding ? forwardingFaults(vitals) : [];
  if (!vitals.forwarding && vitals.relay === undefined) faults.push("the trunk relay is not there");
  const ready = faults.length === 0;
  return {
    ready,
    body: {
      status: ready ? "ok" : "not ready",
      live: true,
      ready,
      reasons: faults,
      release: vitals.release,
      forwarding: vitals.forwarding,
      handingOver: vitals.handingOver,
      relay: vitals.relay ?? null,
      ami: vitals.ami,
      asterisk: vitals.asteriskError === undefined ? "reachable" : "unreachable",
      sockets: vitals.sockets,
      genesys: vitals.servers.map(({ name, healthy }) => ({ server: name, answers: healthy })),
    },
  };
}

function forwardingFaults(vitals: Vitals): string[] {
  const faults: string[] = [];
  if (!vitals.listening) faults.push("the WebSocket edge does not listen");
  if (vitals.asteriskError !== undefined) faults.push(`Asterisk can't be reached: ${vitals.asteriskError}`);
  if (vitals.ami !== "ready") {
    faults.push(`AMI is ${vitals.ami}${vitals.amiError === undefined ? "" : `: ${vitals.amiError}`}`);
  }
  return faults;
}
