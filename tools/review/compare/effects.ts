import type { Severity } from "../severity";

/** What people notice when a service's container is replaced: it is away from its stop to its health. */
export interface Effect {
  readonly severity: Severity;
  /** Absent: not known. */
  readonly callsDropped?: boolean;
  readonly text: string;
}

/**
 * Media flows between phones, Asterisk and Genesys only, so that only Asterisk takes calls with it; who carries their
 * signalling is missed by what is said in those seconds.
 */
const EFFECTS: Readonly<Record<string, Effect>> = {
  asterisk: { severity: "high", callsDropped: true, text: "every call ends; phones register again" },
  "sip-proxy": {
    severity: "medium",
    callsDropped: false,
    text: "calls that are up go on; for some seconds none can be set up with Genesys, and in proxy mode phones connect again",
  },
  nginx: {
    severity: "medium",
    callsDropped: false,
    text: "calls that are up go on; every phone's WebSocket closes, and phones connect again",
  },
  "nginx-certificate": {
    severity: "low",
    callsDropped: false,
    text: "for some seconds nobody looks whether the certificate was renewed",
  },
  postgres: {
    severity: "medium",
    callsDropped: false,
    text: "for some seconds Asterisk finds no phone: who registers or calls then has to try again",
  },
  "registration-monitor": {
    severity: "low",
    callsDropped: false,
    text: "its page and its figures are away for seconds",
  },
  "call-control": {
    severity: "medium",
    callsDropped: false,
    text: "calls that are up go on; for some seconds its API is away, no campaign dials, and the dialplan does its work: calls to queues ring the members' phones",
  },
  "genesys-simulator": {
    severity: "low",
    callsDropped: true,
    text: "calls through the simulator end, and it forgets its registrations",
  },
};

export function replacementOf(service: string): Effect {
  return (
    EFFECTS[service] ?? {
      severity: "medium",
      text: "the service is away for seconds; what that means to calls is not known here",
    }
  );
}

/** What people notice when a running service takes a new release over. */
const RELOADS: Readonly<Record<string, string>> = {
  nginx: "reloads; open connections stay as they are",
  asterisk: "reloads; calls go on",
  "sip-proxy":
    "takes it over; where addresses or the mode change, phones that are connected through it connect again",
  "call-control": "takes it over; calls that are up go on, its API is away for a moment",
  postgres: "gets the DNs, codecs and settings of phones in one transaction",
};

export function reloadOf(service: string): string {
  return RELOADS[service] ?? "takes it over without a restart of its container";
}
