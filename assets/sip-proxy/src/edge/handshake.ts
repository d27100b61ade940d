import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { bareAddress } from "../../../../lib/sip";
import type { EdgeLimits } from "./limits";

/** Of an HTTP request that asks for an upgrade. */
export interface HandshakeRequest {
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
}

export type Verdict =
  /** `address` is the client's own, behind the proxies that are trusted. */
  | { readonly accepted: true; readonly address: string }
  | { readonly accepted: false; readonly status: number; readonly reason: string; readonly address: string };

/** One check, one status each. What is left of RFC 6455 4.2.1 the WebSocket library checks. */
export function checkHandshake(request: HandshakeRequest, policy: HandshakePolicy, census: Census): Verdict {
  const { headers } = request;
  const address = clientAddress(request.peer, headers["x-forwarded-for"], policy.trustedProxies);
  const refuse = (status: number, reason: string): Verdict => ({ accepted: false, status, reason, address });

  if (request.url?.split("?", 1)[0] !== policy.path) return refuse(404, "there is nothing here");
  // RFC 7118 4.1
  if (!offersSip(headers["sec-websocket-protocol"])) return refuse(400, "the subprotocol sip is not offered");
  if (!isOriginAllowed(headers.origin, policy.allowedOrigins))
    return refuse(403, "this origin is not allowed");
  if (census.total >= policy.limits.sockets) return refuse(503, "too many connections");
  if (census.of(address) >= policy.limits.socketsPerAddress) {
    return refuse(429, "too many connections from this address");
  }
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
