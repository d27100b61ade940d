import { addressesOverlap, hostPort, isWildcard } from "./addresses";
import type { PortRange } from "./environment";
import type { Path } from "./faults";
import type { EnvironmentFile } from "./schema";
import type { Sound } from "./sound";

const CALL_CONTROL = "callControl";

/** What listens for the providers of call-control. */
export const PROVIDER_TRUNKS = "the trunks to providers of Asterisk";

/** A TCP socket that a container of the environment listens on; SIP listens on UDP as well, on the same port. */
export interface Listener {
  /** As in "the HTTPS server of nginx". */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** The setting that chooses the port. */
  readonly portPath: Path;
  /** The setting that chooses the address; absent where it is fixed. */
  readonly addressPath?: Path;
}

/**
 * Every listener of the environment, in both modes: a switch of mode must not run into a conflict. Those that are
 * faulty in the file are left out.
 */
export function listenersOf(file: NonNullable<Sound<EnvironmentFile>>): Listener[] {
  const { host, nginx, asterisk, relay, postgres, sipProxy, monitor, callControl, genesys, simulatorPort } =
    file;
  const listeners: Listener[] = [];
  const add = (
    name: string,
    [address, addressPath]: readonly [string | null | undefined, Path?],
    [port, portPath]: readonly [number | null | undefined, Path],
  ) => {
    if (address == null || port == null) return;
    listeners.push({ name, address, port, portPath, ...(addressPath && { addressPath }) });
  };
  const orHost = (address: string | null | undefined, path: Path) =>
    address === undefined ? ([host?.address, ["host", "address"]] as const) : ([address, path] as const);

  if (nginx) {
    const address = orHost(nginx.address, ["nginx", "address"]);
    add("the HTTPS server of nginx", address, [nginx.port, ["nginx", "port"]]);
    add("the HTTP server of nginx", address, [nginx.httpPort, ["nginx", "httpPort"]]);
  }
  if (asterisk) {
    const trunk = [asterisk.sipAddress, ["asterisk", "sipAddress"]] as const;
    const internal = [asterisk.internalAddress, ["asterisk", "internalAddress"]] as const;
    add("the SIP trunk of Asterisk", trunk, [asterisk.sipPort, ["asterisk", "sipPort"]]);
    add("the HTTP server of Asterisk", internal, [asterisk.httpPort, ["asterisk", "httpPort"]]);
    add("the manager interface of Asterisk", internal, [asterisk.amiPort, ["asterisk", "amiPort"]]);
  }
  if (relay) {
    const port = [relay.port, ["relay", "port"]] as const;
    add("the relay's side towards Genesys", orHost(relay.address, ["relay", "address"]), port);
    add("the relay's side towards Asterisk", [relay.asteriskSide, ["relay", "asteriskSide"]], port);
  }
  if (sipProxy) {
    const address = [sipProxy.address, ["sipProxy", "address"]] as const;
    add("the WebSocket edge of sip-proxy", address, [sipProxy.port, ["sipProxy", "port"]]);
    add("the HTTP API of sip-proxy", address, [sipProxy.apiPort, ["sipProxy", "apiPort"]]);
  }
  if (monitor) {
    const address = [monitor.address, ["monitor", "address"]] as const;
    add("the status page of registration-monitor", address, [monitor.port, ["monitor", "port"]]);
  }
  if (postgres) {
    const address = [postgres.address, ["postgres", "address"]] as const;
    add("PostgreSQL", address, [postgres.port, ["postgres", "port"]]);
  }
  if (callControl) {
    const address = [callControl.address, [CALL_CONTROL, "address"]] as const;
    add("the HTTP API of call-control", address, [callControl.port, [CALL_CONTROL, "port"]]);
    if (callControl.trunks?.length) {
      const port = [callControl.sipPort, [CALL_CONTROL, "sipPort"]] as const;
      add(PROVIDER_TRUNKS, [host?.address, ["host", "address"]], port);
    }
  }
  if (genesys?.simulator) {
    add("the HTTP API of the simulator", ["127.0.0.1"], [simulatorPort, ["simulatorPort"]]);
    (genesys.servers ?? []).forEach((server, index) => {
      const path = ["genesys", "servers", index];
      const address = [server?.host, [...path, "host"]] as const;
      add(`simulated server ${index + 1} of Genesys`, address, [server?.port, [...path, "port"]]);
    });
  }
  return listeners;
}

/** Whether both cannot be opened on one host. */
export function conflict(a: Listener, b: Listener): boolean {
  return a.port === b.port && addressesOverlap(a.address, b.address);
}

/** Asterisk binds its media to all IPv4 addresses, so that every listener but one on an IPv6 address is in its way. */
export function meetsMedia({ address, port }: Listener, rtp: PortRange): boolean {
  return addressesOverlap(address, "0.0.0.0") && port >= rtp.from && port <= rtp.to;
}

/** `127.0.0.1:8443`, or `port 8443 of all addresses`. */
export function placeText({ address, port }: Listener): string {
  return isWildcard(address) ? `port ${port} of all addresses` : hostPort(address, port);
}
