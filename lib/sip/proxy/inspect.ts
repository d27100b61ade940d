import { SipParseError } from "../errors";
import type { Via } from "../headers/via";
import type { HeaderInit, Message, SipRequest, SipResponse } from "../message";
import type { Parsed } from "../parser";
import { reasonPhrase } from "../reason-phrases";
import { SipUri } from "../uri";
import { checkMandatory } from "../validate";
import { responseTarget } from "./via";

export interface InspectOptions {
  /** Option tags that may stand in Proxy-Require. @default none */
  readonly supported?: readonly string[];
  /** Schemes other than sip and sips that may stand in a Request-URI, in lower case. @default none */
  readonly schemes?: readonly string[];
  /** For responses: is this top Via ours? @default every one is */
  readonly isOwnVia?: (via: Via) => boolean;
}

/** What a proxy does with a message before it routes it (RFC 3261 16.3, 16.7, 18). `code` is stable. */
export type ProxyVerdict =
  | { readonly action: "forward"; readonly message: Message }
  | {
      readonly action: "reject";
      readonly status: number;
      readonly reason: string;
      /** A ParseErrorCode, "too-many-hops" or "bad-extension". */
      readonly code: string;
      /** E.g. Unsupported for 420. */
      readonly headers: HeaderInit;
      /** The request as far as it was read, for SipResponse.to. */
      readonly message: SipRequest;
    }
  /** `code`: a ParseErrorCode, "via-not-own" or "next-via-unusable". */
  | { readonly action: "drop"; readonly code: string; readonly why: string };

/** Verdict on one datagram or frame that was parsed. */
export function inspectForProxy(parsed: Parsed, options: InspectOptions = {}): ProxyVerdict {
  const { message, fault } = parsed;
  if (fault !== undefined) return refuse(message, fault);
  const missing = checkMandatory(message);
  if (missing !== undefined) return refuse(message, missing);
  return message.isRequest ? inspectRequest(message, options) : inspectResponse(message, options);
}

/** The ladder of 16.3: syntax, scheme, Max-Forwards, Proxy-Require. */
function inspectRequest(request: SipRequest, options: InspectOptions): ProxyVerdict {
  const syntax = checkTargets(request, options.schemes ?? []);
  if (syntax !== undefined) return refuse(request, syntax);
  if (request.maxForwards === 0) return reject(request, 483, "too-many-hops");
  const unsupported = unsupportedExtensions(request, options.supported ?? []);
  if (unsupported.length > 0) {
    return reject(request, 420, "bad-extension", [["Unsupported", unsupported.join(", ")]]);
  }
  return { action: "forward", message: request };
}

/**
 * What this message or later ones are routed by: Request-URI and Contact. Two elements that read an ambiguous one
 * differently would send to different places (RFC 4475 3.1.2.10 to 3.1.2.13).
 */
function checkTargets(request: SipRequest, schemes: readonly string[]): SipParseError | undefined {
  try {
    const uri = request.parsedUri;
    if (!(uri instanceof SipUri)) {
      if (schemes.includes(uri.scheme)) return undefined;
      return new SipParseError("uri-scheme-unsupported", "Request-URI", uri.scheme, 416);
    }
    // 19.1.5: such headers would get into a request that is made from the URI.
    if (uri.headers !== undefined) return new SipParseError("uri-malformed", "Request-URI", "has headers");
    void request.contacts;
    return undefined;
  } catch (error) {
    if (error instanceof SipParseError) return error;
    throw error;
  }
}

function unsupportedExtensions(request: SipRequest, supported: readonly string[]): string[] {
  if (request.method === "ACK" || request.method === "CANCEL") return []; // 8.2.2.3: they can't be refused for it
  return request.values("proxy-require").filter((tag) => !supported.includes(tag.toLowerCase()));
}

function inspectResponse(response: SipResponse, options: InspectOptions): ProxyVerdict {
  // 18.1.2: silently.
  if (options.isOwnVia?.(response.via) === false) return drop("via-not-own", response.via.toString());
  const next = response.values("via")[1];
  if (next !== undefined) {
    // RFC 4475 3.3.10: never send to where a forged Via would multiply the message.
    const target = responseTargetOf(next);
    if (target === undefined || isBroadcast(target)) return drop("next-via-unusable", next);
  }
  return { action: "forward", message: response };
}

function responseTargetOf(via: string): string | undefined {
  try {
    return responseTarget(via).address;
  } catch {
    return undefined;
  }
}

/** Limited broadcast, IPv4 and IPv6 multicast, and the unspecified addresses. */
function isBroadcast(address: string): boolean {
  const first = Number.parseInt(address, 10);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return first === 0 || first >= 224;
  return /^\[?(ff[0-9a-f]{2}:|::\]?$)/i.test(address);
}

/** A request gets an answer when there is enough to answer and answers are allowed (never to ACK); else drop. */
function refuse(message: Message | undefined, fault: SipParseError): ProxyVerdict {
  if (message === undefined || !message.isRequest) return drop(fault.code, fault.message);
  return reject(message, fault.status, fault.code, [], fault.message);
}

function reject(
  message: SipRequest,
  status: number,
  code: string,
  headers: HeaderInit = [],
  why = reasonPhrase(status),
): ProxyVerdict {
  if (message.method === "ACK") return drop(code, `${why} (ACK is never answered)`);
  if (!message.has("via")) return drop(code, `${why} (no Via to answer to)`);
  return { action: "reject", status, reason: reasonPhrase(status), code, headers, message };
}

function drop(code: string, why: string): ProxyVerdict {
  return { action: "drop", code, why };
}
