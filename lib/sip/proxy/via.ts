import { type Address, bareAddress } from "../address";
import { Via } from "../headers/via";
import type { SipRequest, SipResponse } from "../message";

function defaultPort(transport: string): number {
  return transport === "TLS" || transport === "WSS" ? 5061 : 5060;
}

/** RFC 3261 18.2.1, RFC 3581 4: add received, fill an empty rport. Changes the top Via only when needed. */
export function stampSource(request: SipRequest, source: Address): void {
  const { via } = request;
  const address = bareAddress(source.address);
  const asked = via.rport === "requested";
  if (!asked && bareAddress(via.host).toLowerCase() === address.toLowerCase()) return;
  const stamped = via.with("received", address);
  request.replaceFirst("Via", asked ? stamped.with("rport", String(source.port)) : stamped);
}

/** 18.2.2: where the Via at the top of a response says that it goes. Throws SipParseError. */
export function responseTarget(via: Via | string): Address {
  const top = typeof via === "string" ? Via.parse(via) : via;
  const { rport, received } = top;
  const maddr = top.params.get("maddr");
  const port = top.port ?? defaultPort(top.transport);
  if (maddr !== undefined && maddr !== "") return { address: bareAddress(maddr), port };
  if (received === undefined) return { address: bareAddress(top.host), port };
  return { address: bareAddress(received), port: typeof rport === "number" ? rport : port };
}

/** 16.6(8): a Via of ours on top of all others. */
export function pushVia(request: SipRequest, via: Via): void {
  request.prepend("Via", via);
}

/** 16.7(3), 16.11: remove our top Via; `target` is where the response goes next, undefined when it is for us. */
export function popVia(response: SipResponse): { via: Via; target: Address | undefined } {
  const { via } = response;
  response.shift("Via");
  return { via, target: response.has("via") ? responseTarget(response.via) : undefined };
}
