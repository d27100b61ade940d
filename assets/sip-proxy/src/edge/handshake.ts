import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { bareAddress } from "../../../../lib/sip";
import type { EdgeLimits } from "./limits";
import type { RefusalReason } from "./meter";
import { handshakeFault } from "./web-socket/handshake";

/** Of an HTTP request that asks for an upgrade. */
export interface HandshakeRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Address of the peer that connected. */
  readonly peer: string | undefined;
}

export interface HandshakePolicy {
  readonly path: string;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly limits: Pick<EdgeLimits, "sockets" | "socketsPerAddress">;
}

/** How many client sockets there are. */
export interface Census {
  readonly total: number;
  of(address: string): number;
  /** Seconds for which an address that guessed passwords has to wait; 0: it doesn't. */
  waits(address: string): number;
}

export type Verdict =
  /** `address` is the client's own, behind the proxies that are trusted. */
  | { readonly accepted: true; readonly address: string }
  | {
      readonly accepted: false;
      readonly status: number;
      readonly code: RefusalReason;
      readonly reason: string;
      readonly address: string;
      /** Seconds. */
      readonly retryAfter?: number;
    };

/** One check, one status each. */
export function checkHandshake(request: HandshakeRequest, policy: HandshakePolicy, census: Census): Verdict {
  const { headers } = request;
  const address = clientAddress(request.peer, headers["x-forwarded-for"], policy.trustedProxies);
  const refuse = (status: number, code: RefusalReason, reason: string, retryAfter?: number): Verdict => ({
    accepted: false,
    status,
    code,
    reason,
    address,
    ...(retryAfter !== undefined && { retryAfter }),
  });

  if (request.url?.split("?", 1)[0] !== policy.path) return refuse(404, "path", "there is nothing here");
  // RFC 7118 4.1
  if (!offersSip(headers["sec-websocket-protocol"]))
    return refuse(400, "subprotocol", "the subprotocol sip is not offered");
  if (!isOriginAllowed(headers.origin, policy.allowedOrigins))
    return refuse(403, "origin", "this origin is not allowed");
  const wait = census.waits(address);
  if (wait > 0) return refuse(429, "guessing", "too many wrong passwords from this address", wait);
  if (census.total >= policy.limits.sockets) return refuse(503, "sockets", "too many connections");
  if (census.of(address) >= policy.limits.socketsPerAddress) {
    return refuse(429, "sockets-per-address", "too many connections from this address");
  }
  const fault = handshakeFault(request.method, headers);
  if (fault !== undefined) return refuse(fault.status, "malformed", fault.reason);
  return { accepted: true, address };
}

/** The client's address: what a trusted proxy says that it saw, and from anybody else the peer's own. */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | string[] | undefined,
  trustedProxies: readonly string[],
): string {
  const direct = bareAddress(peer ?? "");
  if (!trustedProxies.includes(direct)) return direct;
  // Each proxy appends what it saw, so the last entry is the trusted one's own.
  const seen = [forwardedFor ?? []].flat().join(",").split(",").at(-1)?.trim() ?? "";
  return isIP(seen) === 0 ? direct : bareAddress(seen);
}

function offersSip(protocols: string | undefined): boolean {
  return (protocols ?? "").split(",").some((protocol) => protocol.trim() === "sip");
}

/** Pages always name their origin; a client that is no browser needs none, and could invent any. */
function isOriginAllowed(origin: string | undefined, allowed: readonly string[]): boolean {
  return origin === undefined || allowed.length === 0 || allowed.includes(origin.toLowerCase());
}
