import { strings } from "../../docker-provider/value";
import { readConf } from "./conf";
import type { Listener, Service } from "./deployment";
import { nginxServers } from "./nginx-conf";

type Found = Omit<Listener, "name"> & { readonly fallback: string };
type Place = { readonly name: string; readonly address: string; readonly port: number };

/**
 * What the services really listen on, read from the files and variables that they are given: a change in code that
 * opens a port is seen like one in the environment file.
 *
 * @param known the environment's own list (config/listeners.ts), which has the names that operators know
 */
export function renderedListeners(
  services: Readonly<Record<string, Service>>,
  known: readonly Place[],
): Listener[] {
  const found = [
    ...nginx(services.nginx),
    ...asterisk(services.asterisk),
    ...postgres(services.postgres),
    ...Object.values(services).flatMap(jsonListeners),
  ];
  const taken = new Set<string>();
  const listeners: Listener[] = [];
  for (const { fallback, ...listener } of found) {
    // No two can listen in one place: the second is a client that is told where to connect.
    const place = `${listener.address} ${listener.port}`;
    if (taken.has(place)) continue;
    taken.add(place);
    const name = known.find((one) => `${one.address} ${one.port}` === place)?.name ?? fallback;
    listeners.push({ ...listener, name });
  }
  return listeners;
}

const plain = { tls: false, redirects: false };

function nginx(service: Service | undefined): Found[] {
  return nginxServers(service?.files["nginx.conf"] ?? "").map((server) => ({
    ...server,
    service: "nginx",
    protocol: "TCP",
    fallback: `a server of nginx that ${server.redirects ? "redirects to HTTPS" : server.tls ? "has TLS" : "has no TLS"}`,
  }));
}

function asterisk(service: Service | undefined): Found[] {
  const options = (file: string, section: string) =>
    readConf(service?.files[file] ?? "").find(({ name }) => name === section)?.options ?? {};
  const found: Found[] = [];
  const add = (address: string | undefined, port: string | undefined, what: string, more: Partial<Found>) => {
    if (address && port)
      found.push({
        ...plain,
        service: "asterisk",
        address,
        port,
        protocol: "TCP",
        fallback: `${what} of Asterisk`,
        ...more,
      });
  };
  const http = options("http.conf", "general");
  if (http.enabled === "yes") add(http.bindaddr, http.bindport, "the HTTP server", {});
  const https = /^(.*):(\d+)$/.exec(http.tlsbindaddr ?? "");
  if (https && http.tlsenable === "yes") add(https[1], https[2], "the HTTPS server", { tls: true });
  const manager = options("manager.conf", "general");
  if (manager.enabled === "yes") add(manager.bindaddr, manager.port, "the manager interface", {});
  for (const { options: transport } of readConf(service?.files["pjsip_transports.conf"] ?? "")) {
    if (transport.type !== "transport" || /^wss?$/.test(transport.protocol ?? "")) continue;
    const [, address, port] = /^(.*?)(?::(\d+))?$/.exec(transport.bind ?? "") ?? [];
    add(address, port ?? "5060", `the ${transport.protocol} transport`, {
      protocol: "UDP and TCP",
      tls: transport.protocol === "tls",
    });
  }
  const { rtpstart, rtpend } = options("rtp.conf", "general");
  if (rtpstart && rtpend) add("0.0.0.0", `${rtpstart}-${rtpend}`, "media", { protocol: "UDP" });
  return found;
}

function postgres(service: Service | undefined): Found[] {
  const env = Object.fromEntries(
    strings(service?.container?.attributes.env).map((line) => line.split(/=(.*)/s)),
  );
  if (!env.LISTEN_ADDRESS || !env.PGPORT) return [];
  const place = { address: env.LISTEN_ADDRESS, port: env.PGPORT };
  return [{ ...plain, ...place, service: "postgres", protocol: "TCP", fallback: "PostgreSQL" }];
}

/** Our own services: an object with `address` and `port` in config.json is a place to listen at. */
function jsonListeners({ name: service, files }: Service): Found[] {
  const text = files["config.json"];
  if (text === undefined) return [];
  const found: Found[] = [];
  const config = JSON.parse(text) as Record<string, unknown>;
  const walk = (value: unknown, path: readonly string[]) => {
    if (typeof value !== "object" || value === null) return;
    const { address, port } = value as { address?: unknown; port?: unknown };
    if (typeof address === "string" && typeof port === "number") {
      const sip = path.includes("relay") || path.includes("servers");
      found.push({
        ...plain,
        service,
        address,
        port: String(port),
        protocol: sip ? "UDP and TCP" : "TCP",
        fallback: `${path.join(".")} of ${service}`,
      });
    }
    for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
  };
  // In static mode sip-proxy opens no WebSocket edge.
  const { edge, ...others } = config;
  if (config.forwarding !== false) walk(edge, ["edge"]);
  for (const [key, item] of Object.entries(others)) walk(item, [key]);
  return found;
}
