import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Phone } from "../../lib/phone";

/**
 * Phones that behave as browsers' do: each registers, refreshes, and comes back with backoff and jitter when its
 * WebSocket goes.
 */
export class Fleet {
  private readonly open = new Map<string, Phone>();
  private readonly stopping = new AbortController();
  private readonly stopped: Promise<void>;
  private running: Promise<void>[] = [];

  constructor(
    private readonly dns: readonly string[],
    private readonly connect: (dn: string) => Promise<Phone>,
  ) {
    setMaxListeners(dns.length + 1, this.stopping.signal);
    this.stopped = new Promise((resolve) => {
      this.stopping.signal.addEventListener("abort", () => resolve());
    });
  }

  public start(): void {
    this.running = this.dns.map((dn) => this.live(dn));
  }

  /** Un-registers and closes every phone. */
  public async stop(): Promise<void> {
    this.stopping.abort();
    const phones = [...this.open.values()];
    await Promise.all(phones.map((phone) => phone.unregister({ deadlineMs: 5000 }).catch(() => undefined)));
    await Promise.all(phones.map((phone) => phone.close()));
    await Promise.all(this.running);
  }

  private async live(dn: string): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    // All at once is what a restart makes of them; some jitter is what JsSIP has.
    await sleep(Math.random() * 2000);
    while (!signal.aborted) {
      let phone: Phone | undefined;
      try {
        phone = await this.connect(dn);
        await phone.register({ deadlineMs: 10_000 });
        this.open.set(dn, phone);
        failures = 0;
        await Promise.race([phone.disconnected, this.stopped]);
        if (signal.aborted) return;
      } catch {
        // Asterisk is away, or refuses while its database is: it comes again.
      }
      this.open.delete(dn);
      await phone?.close();
      failures += 1;
      await sleep(Math.random() * Math.min(1000 * 2 ** failures, 10_000), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }
}
