import { createTcpTransport, type Flow, type Transport, uriHost } from "../../../../lib/sip";
import type { GenesysServerConfig } from "../config";
import type { Link, NetworkEvents, Path } from "../forwarder/network";

/** One TCP connection to a server, made when something is sent, and again after it was lost. */
export class TcpLink implements Link, Path {
  readonly reliable = true;
  readonly ready: Promise<void>;
  readonly via: string;
  private transport: Transport | undefined;
  private flow: Flow | undefined;
  private closed = false;

  constructor(
    private readonly server: GenesysServerConfig,
    private readonly events: NetworkEvents,
    localAddress: string,
  ) {
    this.via = `SIP/2.0/TCP ${uriHost(localAddress)}`;
    this.ready = this.open(localAddress);
  }

  path(): Path | undefined {
    return this.transport === undefined ? undefined : this;
  }

  send(bytes: Buffer): void {
    const { transport, flow } = this;
    if (transport === undefined || flow === undefined) return;
    transport.send(bytes, flow).catch((error: Error) => this.failed(error));
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.ready;
    await this.transport?.close();
  }

  private async open(localAddress: string): Promise<void> {
    const transport = await createTcpTransport({ address: localAddress });
    transport.on("message", (message) => {
      if (!this.closed) this.events.onMessage(message.toBuffer());
    });
    // An answer that was on its way is lost with the connection.
    transport.on("flowClosed", (_flow, error) => this.failed(error ?? new Error("it closed the connection")));
    transport.on("error", (error) => this.failed(error));
    this.flow = transport.flowTo({ address: this.server.host, port: this.server.port });
    this.transport = transport;
  }

  private failed(error: Error): void {
    if (!this.closed) this.events.onFailure(error);
  }
}
