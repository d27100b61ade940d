import { EventEmitter } from "node:events";
import type { Address, Flow, Protocol, TransportEvents, WebSocketTransport } from "../sip";
import type { MessageTrace } from "./message-trace";

/** A WebSocket with every message that passes written to a trace. */
export class TracedTransport extends EventEmitter<TransportEvents> implements WebSocketTransport {
  public readonly protocol: Protocol;
  public readonly reliable: boolean;
  public readonly local: Address;
  public readonly flow: Flow;

  constructor(
    private readonly inner: WebSocketTransport,
    public readonly trace: MessageTrace,
  ) {
    super();
    this.protocol = inner.protocol;
    this.reliable = inner.reliable;
    this.local = inner.local;
    this.flow = { transport: this, local: inner.local, remote: inner.flow.remote };
    inner.on("message", (message) => {
      trace.add("in", message.toBuffer());
      this.emit("message", message, this.flow);
    });
    inner.on("malformed", (fault, _flow, message) => {
      if (message) trace.add("in", message.toBuffer());
      this.emit("malformed", fault, this.flow, message);
    });
    inner.on("flowClosed", (_flow, error) => this.emit("flowClosed", this.flow, error));
    // A broken connection ends with flowClosed, which carries the reason.
    inner.on("error", () => undefined);
  }

  public flowTo(): Flow {
    return this.flow;
  }

  public async send(bytes: Buffer): Promise<void> {
    this.trace.add("out", bytes);
    await this.inner.send(bytes, this.inner.flow);
  }

  public close(): Promise<void> {
    return this.inner.close();
  }
}
