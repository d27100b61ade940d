import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Asterisk's Prometheus exporter as far as the monitor reads it; its lines were recorded from Asterisk 22.10.1. */
export class FakeExporter {
  /** Endpoint's name to its state: 0 unknown, 1 offline, 2 online. */
  readonly endpoints = new Map<string, 0 | 1 | 2>();
  /** DN to 0 Unregistered, 1 Registered, 2 Rejected. */
  readonly registrations = new Map<string, 0 | 1 | 2>();
  readonly requests: IncomingMessage[] = [];
  /** Answers in place of the built-in one. */
  respond?: (response: ServerResponse) => void;
  readonly #server = createServer((request, response) => {
    this.requests.push(request);
    const expected = `Basic ${Buffer.from("monitor:swordfish").toString("base64")}`;
    if (request.headers.authorization !== expected) response.writeHead(401).end();
    else if (this.respond !== undefined) this.respond(response);
    else response.end(this.text());
  });

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  text(): string {
    const eid = 'eid="02:fc:00:00:00:01"';
    return [
      "# HELP asterisk_channels_count Current channel count.",
      "# TYPE asterisk_channels_count gauge",
      `asterisk_channels_count{${eid}} 0`,
      "# HELP asterisk_endpoints_state Individual endpoint states. 0=unknown; 1=offline; 2=online.",
      "# TYPE asterisk_endpoints_state gauge",
      ...[...this.endpoints].map(
        ([name, state]) =>
          `asterisk_endpoints_state{${eid},id="PJSIP/${name}",tech="PJSIP",resource="${name}"} ${state}`,
      ),
      ...[...this.endpoints.keys()].map(
        (name) =>
          `asterisk_endpoints_channels_count{${eid},id="PJSIP/${name}",tech="PJSIP",resource="${name}"} 0`,
      ),
      "# TYPE asterisk_pjsip_outbound_registration_status gauge",
      ...[...this.registrations].map(
        ([dn, status]) =>
          `asterisk_pjsip_outbound_registration_status{${eid},username="sip:${dn}@127.0.4.2:5060",domain="sip:127.0.4.2:5060",channel_type="PJSIP"} ${status}`,
      ),
      `asterisk_core_uptime_seconds{${eid}} 4`,
      "",
    ].join("\n");
  }
}
