import type { OpenLink } from "../forwarder/network";
import { TcpLink } from "./tcp-link";
import { UdpLink, type UdpLinkOptions } from "./udp-link";

/** The sockets of the real network. */
export function networkLinks(options: UdpLinkOptions): OpenLink {
  return (server, events) =>
    server.transport === "tcp"
      ? new TcpLink(server, events, options.localAddress)
      : new UdpLink(server, events, options);
}
