import { popVia, type SipResponse } from "../../../../lib/sip";
import { toAsterisk } from "./contacts";
import type { Arrival, Forward, Hop } from "./decision";
import type { Routing } from "./request";
import { canonicalHost, connectionOf, type SideName } from "./sides";

/**
 * RFC 3261 16.11: a response goes where the Via below ours leads, by the protocol that the request came by, if that
 * is where requests come from. Every response does, 100 too: nothing here has stopped the retransmissions.
 */
export function routeResponse(
  response: SipResponse,
  arrival: Arrival,
  routing: Routing,
): Pick<Forward, "to" | "hop" | "bytes"> | { readonly why: string } {
  const to: SideName = arrival.side === "genesys" ? "asterisk" : "genesys";
  const { via, target } = popVia(response);
  if (target === undefined) return { why: "it answers a request that the relay never sends" };
  const { address, port } = target;
  const known =
    to === "genesys"
      ? routing.peers.has(address)
      : canonicalHost(address) === canonicalHost(routing.asterisk.address);
  if (!known) return { why: `its Via leads to ${address}, which sends no requests through here` };
  if (to === "asterisk" && response.cseq.method === "REGISTER") toAsterisk(response, routing);
  const connection = connectionOf(via);
  const hop: Hop = {
    protocol: connection === undefined ? "UDP" : "TCP",
    address: { address: canonicalHost(address), port },
    connection,
  };
  // 18.3: the end of a message in a stream.
  if (hop.protocol === "TCP" && !response.has("content-length")) {
    response.set("Content-Length", response.body.length);
  }
  return { to, hop, bytes: response.toBuffer() };
}
