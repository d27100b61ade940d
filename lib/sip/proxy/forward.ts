import { SipError } from "../errors";
import type { SipRequest } from "../message";
import { SipUri } from "../uri";

const INITIAL_MAX_FORWARDS = 70;

/**
 * 16.6(3): decrement, or add 70. Throws SipParseError on a malformed value, SipError "too-many-hops" on 0, which
 * `inspectForProxy` refuses with 483.
 */
export function decrementMaxForwards(request: SipRequest): void {
  const { maxForwards } = request;
  if (maxForwards === 0) throw new SipError("too-many-hops", "Max-Forwards is 0: answer 483");
  request.set("Max-Forwards", maxForwards === undefined ? INITIAL_MAX_FORWARDS : maxForwards - 1);
}

/** 16.6(4): in front of all others, with lr. `uri` has to lead back here. */
export function addRecordRoute(request: SipRequest, uri: SipUri | string): void {
  const own = typeof uri === "string" ? SipUri.parse(uri, "Record-Route") : uri;
  request.prepend("Record-Route", `<${own.with({ params: own.params.with("lr") })}>`);
}

/**
 * 16.4. `isOwn` says whether a URI is one that this proxy writes into Record-Route (not: whether it is responsible
 * for its domain). Undoes a strict router's rewriting of the Request-URI and pops the own top Route. Returns whether
 * a Route was taken.
 */
export function processRoutes(request: SipRequest, isOwn: (uri: SipUri) => boolean): boolean {
  let taken = false;
  const target = request.parsedUri;
  if (request.has("route") && target instanceof SipUri && isOwn(target)) {
    const routes = request.values("route");
    const last = request.routes.at(-1);
    if (last !== undefined) {
      request.uri = last.uri;
      setRoutes(request, routes.slice(0, -1));
      taken = true;
    }
  }
  const first = request.routes[0]?.parsedUri;
  if (first instanceof SipUri && isOwn(first)) {
    request.shift("Route");
    taken = true;
  }
  return taken;
}

/**
 * 16.6(6), 16.6(7): the URI that leads to the next hop: the top Route, else the Request-URI. A top Route without lr
 * is a strict router: it becomes the Request-URI, which goes to the end of the routes.
 */
export function nextHop(request: SipRequest): string {
  const first = request.routes[0];
  if (first === undefined) return request.uri;
  const uri = first.parsedUri;
  if (uri instanceof SipUri && uri.params.has("lr")) return first.uri;
  setRoutes(request, [...request.values("route").slice(1), `<${request.uri}>`]);
  request.uri = first.uri;
  return first.uri;
}

function setRoutes(request: SipRequest, routes: readonly string[]): void {
  if (routes.length === 0) request.remove("Route");
  else request.set("Route", routes.join(", "));
}
