import {
  type Address,
  addRecordRoute,
  decrementMaxForwards,
  nextHop,
  processRoutes,
  pushVia,
  type SipRequest,
  SipUri,
  uriHost,
} from "../../../../lib/sip";
import { toGenesys } from "./contacts";
import type { Arrival, Forward, Hop } from "./decision";
import type { Peers } from "./peers";
import { canonicalHost, isOwnRoute, type RelayProtocol, type Side, type SideName } from "./sides";

/** What routing depends on. */
export interface Routing {
  readonly sides: Readonly<Record<SideName, Side>>;
  /** Asterisk's trunk transport. */
  readonly asterisk: Address;
  readonly peers: Pick<Peers, "has" | "addressOf">;
  /** Bytes of a request above which UDP gives way to TCP, by the side that it goes to. */
  readonly udpRequestLimit: Readonly<Record<SideName, number>>;
}

export interface Refusal {
  readonly status: number;
  readonly why: string;
}

type Routed = Pick<Forward, "to" | "hop" | "bytes" | "fallback">;

const DEFAULT_PORT = 5060;

/** Requests that make a dialog or change one: Record-Route means nothing on others (RFC 3261 16.6(4)). */
const ROUTED = new Set(["INVITE", "SUBSCRIBE", "REFER", "UPDATE"]);

/** Our Routes that are taken off at once. A dialog has two of them (RFC 5658); more come round once more. */
const OWN_ROUTES = 4;

/** RFC 3261 16.4 to 16.6, as changed by 16.11: changes the request, and says where it goes. */
export function routeRequest(
  request: SipRequest,
  arrival: Arrival,
  branch: string,
  routing: Routing,
): Routed | Refusal {
  const { sides } = routing;
  decrementMaxForwards(request);
  const isOwn = (uri: SipUri) => isOwnRoute(uri, [sides.genesys, sides.asterisk]);
  for (let taken = 0; taken < OWN_ROUTES && processRoutes(request, isOwn); taken++);

  const to: SideName = arrival.side === "genesys" ? "asterisk" : "genesys";
  const hop = to === "asterisk" ? hopToAsterisk(request, routing) : hopToGenesys(request, routing);
  if ("status" in hop) return hop;
  if (to === "genesys" && request.method === "REGISTER") toGenesys(request, hop.protocol, routing);
  if (ROUTED.has(request.method)) {
    // RFC 5658 4: one for each side, the one of the side that it leaves by on top.
    addRecordRoute(request, sides[arrival.side].routeUri(arrival.protocol));
    addRecordRoute(request, sides[to].routeUri(hop.protocol));
  }
  const connection = arrival.protocol === "TCP" ? arrival.remote.port : undefined;
  const via = (protocol: RelayProtocol) => sides[to].via(protocol, branch, connection);
  pushVia(request, via(hop.protocol));
  if (hop.protocol === "TCP") return { to, hop, bytes: forStream(request) };
  const bytes = request.toBuffer();
  if (bytes.length <= routing.udpRequestLimit[to]) return { to, hop, bytes };
  // 18.1.1: too long for a datagram. Via says TCP then; the branch stays, as CANCEL and ACK still go by UDP.
  request.replaceFirst("Via", via("TCP"));
  return {
    to,
    hop: { ...hop, protocol: "TCP" },
    bytes: forStream(request),
    fallback: { hop, bytes },
  };
}

/** 16.6(9). */
function forStream(request: SipRequest): Buffer {
  if (!request.has("content-length")) request.set("Content-Length", request.body.length);
  return request.toBuffer();
}

/** Local policy (16.6(6)): there is nothing behind the relay but Asterisk. */
function hopToAsterisk(request: SipRequest, { sides, asterisk }: Routing): Hop {
  const target = request.parsedUri;
  if (target instanceof SipUri && sides.genesys.is(target.host, target.port)) {
    // 16.5: the Contact that Genesys was given. What else it says, `line` above all, is for Asterisk.
    const params = target.params.without("transport").without("maddr");
    request.uri = target.with({ host: uriHost(asterisk.address), port: asterisk.port, params }).toString();
  }
  const next = SipUri.parse(nextHop(request), "Route");
  const tcp = transportOf(next) === "tcp" && hostOf(next) === asterisk.address;
  return { protocol: tcp ? "TCP" : "UDP", address: asterisk };
}

/** 16.6(7): where Route or Request-URI lead, as long as it is Genesys. */
function hopToGenesys(request: SipRequest, { sides, peers }: Routing): Hop | Refusal {
  const uri = SipUri.parse(nextHop(request), "Route");
  if (uri.scheme === "sips") return { status: 416, why: "sips needs TLS, which is not spoken here" };
  if (Object.values(sides).some((side) => side.is(uri.host, uri.port))) {
    return { status: 404, why: "the relay itself is nobody to talk to" };
  }
  const address = peers.addressOf(hostOf(uri));
  if (address === undefined) return { status: 403, why: `${hostOf(uri)} is no host of Genesys` };
  const transport = transportOf(uri);
  if (transport !== "udp" && transport !== "tcp") {
    return { status: 403, why: `the relay speaks UDP and TCP, not ${transport}` };
  }
  const protocol = transport === "tcp" ? "TCP" : "UDP";
  return { protocol, address: { address, port: uri.port ?? DEFAULT_PORT } };
}

function hostOf(uri: SipUri): string {
  return canonicalHost(uri.params.get("maddr") || uri.host);
}

/** RFC 3263 4.1: UDP where a sip URI does not say. */
function transportOf(uri: SipUri): string {
  return uri.params.get("transport")?.toLowerCase() || "udp";
}
