import { connect } from "node:net";
import type { Clock, Timer } from "../../../lib/sip";

/** Milliseconds between two tries. */
const INTERVAL = 5_000;

/** Milliseconds that a connect may take. */
const DEADLINE = 2_000;

/** Tries at intervals whether Asterisk's WebSocket port can be connected to. */
export class AsteriskProbe {
  /** Why not; undefined: it can. */
  error: string | undefined = "not tried yet";
  private timer: Timer | undefined;
  private stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly target: { readonly url: string; readonly localAddress?: string | undefined },
  ) {}

  /** Resolves after the first try. */
  async start(): Promise<void> {
    await this.look();
    if (!this.stopped) this.timer = this.clock.after(INTERVAL, () => void this.start());
  }

  /** Tries now. @returns why not; undefined: it can */
  async look(): Promise<string | undefined> {
    this.error = await this.try();
    return this.error;
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private try(): Promise<string | undefined> {
    const { hostname, port } = new URL(this.target.url);
    const host = hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port: Number(port || 80), localAddress: this.target.localAddress });
    return new Promise((resolve) => {
      const done = (error: string | undefined) => {
        deadline.cancel();
        socket.destroy();
        resolve(error);
      };
      const deadline = this.clock.after(DEADLINE, () => done(`no connection within ${DEADLINE / 1000} s`));
      socket.once("connect", () => done(undefined));
      socket.on("error", (error) => done(error.message));
    });
  }
}
