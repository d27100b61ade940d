import { type Address, parseMessage, SipParseError } from "../../../../lib/sip";
import type { OpenLink, Path } from "../forwarder/network";
import type { Mirror } from "./mirror";

/** Links whose messages are mirrored. With the mirror off, each is the link's own. */
export function mirroredLinks(open: OpenLink, mirror: Mirror): OpenLink {
  return (server, events) => {
    const remote: Address = { address: server.host, port: server.port };
    const protocol = server.transport === "tcp" ? "TCP" : "UDP";
    const link = open(server, {
      onMessage: (bytes) => {
        if (mirror.on) mirror.copy({ from: remote, to: ownVia(bytes), protocol, bytes });
        events.onMessage(bytes);
      },
      onFailure: (error) => events.onFailure(error),
    });
    const mirrored = (path: Path): Path => ({
      via: path.via,
      send: (bytes) => {
        if (mirror.on) mirror.copy({ from: sentBy(path.via), to: remote, protocol, bytes });
        path.send(bytes);
      },
    });
    return {
      reliable: link.reliable,
      ready: link.ready,
      path: (key) => {
        const path = link.path(key);
        return path !== undefined && mirror.on ? mirrored(path) : path;
      },
      close: () => link.close(),
    };
  };
}

/** Where an answer came to: our own Via, which stands on top of it. */
function ownVia(bytes: Buffer): Address {
  try {
    const { host, port } = parseMessage(bytes).via;
    return { address: host.replace(/^\[|\]$/g, ""), port: port ?? 0 };
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return UNKNOWN;
  }
}

/** @param via protocol and sent-by, such as "SIP/2.0/UDP 192.0.2.1:40112" */
function sentBy(via: string): Address {
  const [, six, name, port] = /^\S+ (?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(via) ?? [];
  return { address: six ?? name ?? UNKNOWN.address, port: Number(port ?? 0) };
}

const UNKNOWN: Address = { address: "0.0.0.0", port: 0 };
