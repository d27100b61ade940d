import type { Gap } from "./api";

/** What is asked of the worker, and its answer with the same number. */
export type Question =
  | { readonly number: number; readonly ask: "listen" }
  | { readonly number: number; readonly ask: "gaps"; readonly streams: readonly number[] };

export interface Answer {
  readonly number: number;
  /** Of each stream that was asked for and has brought sound. */
  readonly gaps: readonly Gap[];
}

/** The text of arrivals-worker.ts as JavaScript. */
declare const ARRIVALS_WORKER: string;

/** When the sound of each call arrives: a worker sees every RTP packet, before anything smooths gaps over. */
export class Arrivals {
  private readonly worker = new Worker(
    URL.createObjectURL(new Blob([ARRIVALS_WORKER], { type: "text/javascript" })),
  );
  private readonly connections = new Map<number, RTCPeerConnection>();
  private readonly waiting = new Map<number, (gaps: Gap[]) => void>();
  private asked = 0;

  constructor() {
    this.worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      this.waiting.get(data.number)?.([...data.gaps]);
      this.waiting.delete(data.number);
    });
    this.watch();
  }

  async listen(): Promise<void> {
    await this.ask({ number: ++this.asked, ask: "listen" });
  }

  /** Of the streams that are up. */
  gaps(): Promise<Gap[]> {
    for (const [stream, connection] of this.connections) {
      if (connection.signalingState === "closed") this.connections.delete(stream);
    }
    return this.ask({ number: ++this.asked, ask: "gaps", streams: [...this.connections.keys()] });
  }

  private ask(question: Question): Promise<Gap[]> {
    return new Promise((resolve) => {
      this.waiting.set(question.number, resolve);
      this.worker.postMessage(question);
    });
  }

  /**
   * Puts the worker into the way of what every connection of this page receives. As soon as there is a receiver: with the
   * first description, the browser takes the short way round for those that have no transform by then, and for good.
   */
  private watch(): void {
    const { connections, worker } = this;
    const Native = globalThis.RTCPeerConnection;
    let streams = 0;
    globalThis.RTCPeerConnection = class extends Native {
      override addTrack(track: MediaStreamTrack, ...others: MediaStream[]): RTCRtpSender {
        const sender = super.addTrack(track, ...others);
        for (const receiver of this.getReceivers()) {
          if (receiver.transform) continue;
          const stream = ++streams;
          connections.set(stream, this);
          receiver.transform = new RTCRtpScriptTransform(worker, { stream });
        }
        return sender;
      }
    };
  }
}
