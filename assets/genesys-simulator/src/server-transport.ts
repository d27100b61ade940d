import { EventEmitter } from "node:events";
import type { Address, Clock, Flow, Protocol, Timer, Transport, TransportEvents } from "../../../lib/sip";
import type { FaultPlan } from "./faults";
import type { MessageLog } from "./message-log";

export interface ServerTransportOptions {
  /** Name of the server in the message log. */
  readonly server: string;
  /** Binds the socket; called again when the server comes back after it was closed. */
  readonly open: () => Promise<Transport>;
  readonly faults: FaultPlan;
  readonly messages: MessageLog;
  readonly clock: Clock;
}

type Received = TransportEvents["message"][0];
type Malformed = TransportEvents["malformed"];

/** Messages that a delay holds back at most; one more is lost, as in a router's queue. */
const MAX_DELAYED = 5000;

/**
 * A real transport with the faults of its server in front and the message log beside it. It outlives the socket
 * that it wraps, so that a server can vanish from the network and come back with its calls and transactions.
 */
export class ServerTransport extends EventEmitter<TransportEvents> implements Transport {
  public readonly protocol: Protocol;
  public readonly reliable: boolean;
  public readonly local: Address;
  private inner: Transport | undefined;
  private readonly outerByInner = new WeakMap<Flow, ServerFlow>();
  private readonly delayed = new Set<Timer>();

  private constructor(
    private readonly options: ServerTransportOptions,
    inner: Transport,
  ) {
    super();
    this.protocol = inner.protocol;
    this.reliable = inner.reliable;
    this.local = inner.local;
    this.attach(inner);
  }

  /** Rejects with TransportError when the address can't be bound. */
  public static async create(options: ServerTransportOptions): Promise<ServerTransport> {
    return new ServerTransport(options, await options.open());
  }

  public flowTo(remote: Address): Flow {
    return this.inner
      ? this.outer(this.inner.flowTo(remote))
      : new ServerFlow(this, this.local, remote, undefined);
  }

  /** What a fault takes is gone without an error, as on a network. */
  public async send(bytes: Buffer, flow: Flow): Promise<void> {
    const { faults } = this.options;
    const lost = faults.down !== false || faults.losesNext();
    this.record("out", bytes, flow, lost);
    if (lost || !this.inner) return;
    const inner = flow instanceof ServerFlow ? flow.inner : undefined;
    await this.inner.send(bytes, inner?.transport === this.inner ? inner : this.inner.flowTo(flow.remote));
  }

  /** Closes the socket until `resume`. */
  public async suspend(): Promise<void> {
    const { inner } = this;
    this.inner = undefined;
    for (const timer of this.delayed) timer.cancel();
    this.delayed.clear();
    await inner?.close();
  }

  /** Binds the address again; nothing happens when it is bound. Rejects with TransportError when it can't be. */
  public async resume(): Promise<void> {
    if (!this.inner) this.attach(await this.options.open());
  }

  public get isOpen(): boolean {
    return this.inner !== undefined;
  }

  public async close(): Promise<void> {
    await this.suspend();
  }

  private attach(inner: Transport): void {
    this.inner = inner;
    inner.on("message", (message, flow) => this.receive(message, this.outer(flow)));
    inner.on("malformed", (fault, flow, message) => this.refuse(fault, this.outer(flow), message));
    inner.on("flowClosed", (flow, error) => {
      if (this.inner === inner) this.emit("flowClosed", this.outer(flow), error);
    });
    inner.on("error", (error) => {
      if (this.inner === inner && this.listenerCount("error") > 0) this.emit("error", error);
    });
  }

  private receive(message: Received, flow: Flow): void {
    const { faults } = this.options;
    const lost = faults.down !== false || faults.losesNext() || this.delayed.size >= MAX_DELAYED;
    this.record("in", message.toBuffer(), flow, lost);
    if (lost) return;
    if (faults.delayMs === 0) {
      this.emit("message", message, flow);
      return;
    }
    const timer = this.options.clock.after(faults.delayMs, () => {
      this.delayed.delete(timer);
      this.emit("message", message, flow);
    });
    this.delayed.add(timer);
  }

  private refuse(fault: Malformed[0], flow: Flow, message: Malformed[2]): void {
    const lost = this.options.faults.down !== false;
    if (message) this.record("in", message.toBuffer(), flow, lost);
    if (!lost) this.emit("malformed", fault, flow, message);
  }

  private record(direction: "in" | "out", bytes: Buffer, flow: Flow, lost: boolean): void {
    const { server, messages } = this.options;
    const peer = `${flow.remote.address}:${flow.remote.port}`;
    messages.add({ server, direction, transport: this.protocol, peer, lost }, bytes);
  }

  private outer(inner: Flow): ServerFlow {
    const known = this.outerByInner.get(inner);
    if (known) return known;
    const flow = new ServerFlow(this, inner.local, inner.remote, inner);
    this.outerByInner.set(inner, flow);
    return flow;
  }
}

/** A flow of the wrapped transport, that says it belongs to the wrapper. */
class ServerFlow implements Flow {
  constructor(
    public readonly transport: Transport,
    public readonly local: Address,
    public readonly remote: Address,
    public readonly inner: Flow | undefined,
  ) {}
}
