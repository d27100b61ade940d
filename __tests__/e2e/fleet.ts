import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { PHONE_REALM } from "../../constructs/asterisk/props";
import type { Phone } from "../../lib/phone";
import { docker } from "./support";

const TABLES = ["ps_endpoints", "ps_aors", "ps_auths"];

const sql = (text: string) =>
  docker(
    "exec",
    "local-postgres",
    "psql",
    "-h",
    "/run/control",
    "-U",
    "postgres",
    "-d",
    "asterisk",
    "-qc",
    text,
  );

/** Of a DN that `provision` has added. */
export const passwordOf = (dn: string) => `password of ${dn}`;

/** Adds DNs to the running database, as rows like 1002's: in proxy mode a DN needs no deploy. */
export function provision(dns: readonly string[]): void {
  const values = dns.map((dn) => {
    const digest = createHash("md5")
      .update(`${dn}:${PHONE_REALM}:${passwordOf(dn)}`)
      .digest("hex");
    return `('${dn}', 'MD5:${digest}')`;
  });
  sql(`
    CREATE TEMP TABLE new (id text, digest text);
    INSERT INTO new VALUES ${values.join(",")};
    ${TABLES.map(
      (table) => `
    INSERT INTO ${table}
      SELECT (jsonb_populate_record(NULL::${table}, replace(to_jsonb(model)::text, '1002', new.id)::jsonb)).*
      FROM ${table} model, new WHERE model.id = '1002' ON CONFLICT DO NOTHING;`,
    ).join("")}
    UPDATE ps_auths SET password_digest = new.digest FROM new WHERE ps_auths.id = new.id;`);
}

export function removeProvisioned(dns: readonly string[]): void {
  const list = dns.map((dn) => `'${dn}'`).join(",");
  for (const table of TABLES) sql(`DELETE FROM ${table} WHERE id IN (${list})`);
}

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
