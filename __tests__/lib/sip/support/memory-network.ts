import {
  type Address,
  BaseTransport,
  type Flow,
  formatAddress,
  type Protocol,
  parseDatagram,
  type Transport,
  TransportError,
} from "../../../../lib/sip";
import type { FakeClock } from "./fake-clock";

/** What happens to the n-th message (counted from 0 over the whole network): times in milliseconds. */
export type Fate = "drop" | { readonly delays: readonly number[] };

/** Loses about `percent` of the messages, the same ones in every run. */
export function lossy(percent: number): (index: number) => Fate {
  return (index) => ((Math.imul(index + 1, 0x9e3779b1) >>> 16) % 100 < percent ? "drop" : { delays: [1] });
}

/** Transports that reach each other in memory, through the parser, under a fake clock. */
export class MemoryNetwork {
  /** Bytes of everything that was sent, as text. */
  readonly log: string[] = [];
  fate: (index: number, text: string) => Fate = () => ({ delays: [1] });
  private readonly transports = new Map<string, MemoryTransport>();

  constructor(private readonly clock: FakeClock) {}

  /** A new transport at an address of its own. */
  transport(address: string, protocol: Protocol = "UDP"): MemoryTransport {
    const transport = new MemoryTransport(this, { address, port: 5060 }, protocol);
    this.transports.set(formatAddress(transport.local), transport);
    return transport;
  }

  /** First lines of everything that was sent since the last call. */
  take(): string[] {
    return this.log.splice(0).map((text) => text.slice(0, text.indexOf("\r\n")));
  }

  carry(bytes: Buffer, from: MemoryTransport, to: Address): void {
    const text = bytes.toString("latin1");
    const fate = this.fate(this.log.length, text);
    this.log.push(text);
    if (fate === "drop") return;
    for (const delay of fate.delays) {
      this.clock.after(delay, () =>
        this.transports.get(formatAddress(to))?.arrive(Buffer.from(bytes), from.local),
      );
    }
  }
}

export class MemoryTransport extends BaseTransport implements Transport {
  readonly reliable: boolean;

  constructor(
    private readonly network: MemoryNetwork,
    readonly local: Address,
    readonly protocol: Protocol,
  ) {
    super();
    this.reliable = protocol !== "UDP";
  }

  flowTo(remote: Address): Flow {
    return { transport: this, local: this.local, remote };
  }

  async send(bytes: Buffer, { remote }: Flow): Promise<void> {
    if (this.closed) throw new TransportError("closed", "closed");
    this.network.carry(bytes, this, remote);
  }

  arrive(bytes: Buffer, from: Address): void {
    this.deliver(parseDatagram(bytes), this.flowTo(from));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
