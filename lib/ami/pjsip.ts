import type { AmiMessage } from "./message";

/** A contact's state as Asterisk's qualify sees it; `NonQualified` when it does not qualify. */
export type ContactState = "Reachable" | "Unreachable" | "NonQualified" | "Unknown";

/** An item of `PJSIPShowContacts`: one binding that Asterisk's registrar holds. */
export interface Contact {
  readonly aor: string;
  /** The contact's URI, e.g. `sip:7hf2k@192.0.2.7:51234;transport=ws`. */
  readonly uri: string;
  readonly endpoint?: string;
  readonly userAgent?: string;
  readonly status: ContactState;
  /** Microseconds of the last qualify's round trip. */
  readonly roundtripUsec?: number;
  /** When the binding expires, in seconds since 1970. */
  readonly expiresAt?: number;
  /** Where the REGISTER came from, `address:port`. */
  readonly viaAddress?: string;
  readonly callId?: string;
}

/** `Registered`, `Unregistered` (not tried yet, or given back), `Rejected`, `Stopped` or another of Asterisk's words. */
export type RegistrationStatus = string;

/** An item of `PJSIPShowRegistrationsOutbound`. */
export interface OutboundRegistration {
  /** The section's name in pjsip.conf. */
  readonly name: string;
  /** e.g. `sip:1002@192.168.210.81:5060`. */
  readonly clientUri: string;
  readonly serverUri: string;
  readonly status: RegistrationStatus;
  /** Seconds until the next REGISTER; undefined when Asterisk does not say. */
  readonly nextRegistration?: number;
}

/** The `ContactStatus` event. */
export interface ContactStatusEvent {
  readonly aor: string;
  readonly uri: string;
  readonly endpoint?: string;
  /** `Removed`: the binding is gone (un-registered, expired, or its connection closed). */
  readonly status: ContactState | "Removed";
  readonly roundtripUsec?: number;
}

/** The `Registry` event: an outbound registration changed, or was refreshed. */
export interface RegistryEvent {
  readonly clientUri: string;
  readonly serverUri: string;
  readonly status: RegistrationStatus;
  /** Asterisk's reason, where it gives one. */
  readonly cause?: string;
}

/** The item as a contact, or undefined when it is another object or has no AOR or URI. */
export function readContact(item: AmiMessage): Contact | undefined {
  if (item.event !== "ContactList") return undefined;
  const uri = text(item, "Uri");
  const aor = aorOfContactId(item.get("ObjectName") ?? "");
  if (uri === undefined || aor === "") return undefined;
  const viaAddress = text(item, "ViaAddr");
  return {
    aor,
    uri,
    endpoint: text(item, "Endpoint"),
    userAgent: text(item, "UserAgent"),
    status: contactState(item.get("Status")),
    roundtripUsec: positive(item, "RoundtripUsec"),
    expiresAt: positive(item, "ExpirationTime"),
    viaAddress: viaAddress === undefined ? undefined : `${viaAddress}:${item.get("ViaPort") ?? ""}`,
    callId: text(item, "CallId"),
  };
}

/** The item as a registration. The list also carries `AuthDetail` items, with passwords: they are skipped. */
export function readOutboundRegistration(item: AmiMessage): OutboundRegistration | undefined {
  if (item.event !== "OutboundRegistrationDetail") return undefined;
  const clientUri = text(item, "ClientUri");
  const serverUri = text(item, "ServerUri");
  if (clientUri === undefined || serverUri === undefined) return undefined;
  return {
    name: item.get("ObjectName") ?? "",
    clientUri,
    serverUri,
    status: text(item, "Status") ?? "Unknown",
    nextRegistration: positive(item, "NextReg"),
  };
}

export function readContactStatus(event: AmiMessage): ContactStatusEvent | undefined {
  const uri = text(event, "URI");
  const aor = text(event, "AOR");
  if (event.event !== "ContactStatus" || uri === undefined || aor === undefined) return undefined;
  const status = event.get("ContactStatus");
  return {
    aor,
    uri,
    endpoint: text(event, "EndpointName"),
    status: status === "Removed" ? status : contactState(status),
    roundtripUsec: positive(event, "RoundtripUsec"),
  };
}

export function readRegistry(event: AmiMessage): RegistryEvent | undefined {
  const clientUri = text(event, "Username");
  const serverUri = text(event, "Domain");
  const status = text(event, "Status");
  if (event.event !== "Registry" || !clientUri || !serverUri || !status) return undefined;
  return { clientUri, serverUri, status, cause: text(event, "Cause") };
}

/** Asterisk names a dynamic contact `<aor>;@<hash>`; a database may hold the semicolon as `^3B`. */
function aorOfContactId(id: string): string {
  return id.replace(/(;|\^3B)@[^@]*$/i, "");
}

function contactState(value: string | undefined): ContactState {
  switch (value) {
    case "Reachable":
    case "Unreachable":
    case "NonQualified":
      return value;
    default:
      return "Unknown";
  }
}

function text(message: AmiMessage, name: string): string | undefined {
  return message.get(name) || undefined;
}

/** Asterisk writes 0, `N/A` or nothing where it has no number. */
function positive(message: AmiMessage, name: string): number | undefined {
  const value = Number(message.get(name));
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
