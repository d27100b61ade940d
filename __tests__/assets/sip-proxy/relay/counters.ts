import type {
  DropReason,
  MessageKind,
  RelayMetrics,
  TalkOutcome,
} from "../../../../assets/sip-proxy/src/relay/metrics";
import type { SideName } from "../../../../assets/sip-proxy/src/relay/sides";

/** Counts by name, e.g. `dropped.genesys.stranger`. */
export class RelayCounters implements RelayMetrics {
  private readonly counts = new Map<string, number>();

  get(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }

  received(from: SideName, kind: MessageKind | "malformed"): void {
    this.add(`received.${from}.${kind}`);
  }

  forwarded(to: SideName, kind: MessageKind): void {
    this.add(`forwarded.${to}.${kind}`);
  }

  answered(from: SideName, status: number): void {
    this.add(`answered.${from}.${status}`);
  }

  dropped(from: SideName, reason: DropReason): void {
    this.add(`dropped.${from}.${reason}`);
  }

  talk(event: "talk" | "hold", outcome: TalkOutcome): void {
    this.add(`talk.${event}.${outcome}`);
  }

  private add(name: string): void {
    this.counts.set(name, this.get(name) + 1);
  }
}
