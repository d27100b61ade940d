import type { Page } from "playwright-core";

/** Audio that a page receives, over all its calls. */
export interface ReceivedAudio {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Sum of the squared amplitude (W3C webrtc-stats, totalAudioEnergy): it grows with sound and stands still without. */
  readonly energy: number;
}

interface Watched {
  connections: { getStats(): Promise<Iterable<[string, Record<string, unknown>]>> }[];
  sockets: { close(): void }[];
}

/** Looks into a page's real connections, which the page itself keeps to itself. */
export class BrowserMedia {
  private constructor(private readonly page: Page) {}

  /** Before the page is opened. */
  static async watch(page: Page): Promise<BrowserMedia> {
    await page.addInitScript(() => {
      const scope = globalThis as unknown as Record<string, new (...args: unknown[]) => object>;
      const watched: Record<string, object[]> = { connections: [], sockets: [] };
      Object.assign(globalThis, { watched });
      for (const [name, list] of [
        ["RTCPeerConnection", watched.connections],
        ["WebSocket", watched.sockets],
      ] as const) {
        const Native = scope[name] as new (...args: unknown[]) => object;
        scope[name] = class extends Native {
          constructor(...args: unknown[]) {
            super(...args);
            list?.push(this);
          }
        };
      }
    });
    return new BrowserMedia(page);
  }

  audio(): Promise<ReceivedAudio> {
    return this.page.evaluate(async () => {
      const { connections } = (globalThis as unknown as { watched: Watched }).watched;
      const sum = { packetsReceived: 0, packetsLost: 0, energy: 0 };
      for (const connection of connections) {
        for (const [, report] of await connection.getStats()) {
          if (report.type !== "inbound-rtp" || report.kind !== "audio") continue;
          sum.packetsReceived += Number(report.packetsReceived ?? 0);
          sum.packetsLost += Number(report.packetsLost ?? 0);
          sum.energy += Number(report.totalAudioEnergy ?? 0);
        }
      }
      return sum;
    });
  }

  /** As a network does that goes away for a moment. */
  async cutSocket(): Promise<void> {
    await this.page.evaluate(() =>
      (globalThis as unknown as { watched: Watched }).watched.sockets.at(-1)?.close(),
    );
  }
}
