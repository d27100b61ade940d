import { FakeAsterisk } from "../../lib/ami/fake-asterisk";
import { FakeExporter } from "./fake-exporter";

const agents = ["JsSIP 3.13.8", "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0.0.0", "SIP.js/0.21.2"];

/** Many DNs as Asterisk and its database tell them: a real AMI socket, a real exporter, and SQL for ps_contacts. */
export class Fleet {
  readonly asterisk = new FakeAsterisk();
  readonly exporter = new FakeExporter();

  /** Of five DNs one has no phone; of a hundred one is rejected by Genesys. */
  constructor(readonly dns: readonly string[]) {
    dns.forEach((dn, n) => {
      this.exporter.endpoints.set(dn, n % 5 === 0 ? 1 : 2);
      this.exporter.registrations.set(dn, n % 100 === 7 ? 2 : 1);
    });
  }

  async start(): Promise<this> {
    await Promise.all([this.asterisk.start(), this.exporter.start()]);
    return this;
  }

  async stop(): Promise<void> {
    await Promise.all([this.asterisk.stop(), this.exporter.stop()]);
  }

  uri(dn: string): string {
    return `sip:${Number(dn).toString(36)}x@192.0.2.${Number(dn) % 250}:${40_000 + (Number(dn) % 20_000)};transport=ws`;
  }

  /** Events of a phone that registers. */
  register(dn: string): void {
    this.exporter.endpoints.set(dn, 2);
    this.asterisk.contactStatus(dn, this.uri(dn), "Reachable", 4_200);
  }

  unregister(dn: string): void {
    this.exporter.endpoints.set(dn, 1);
    this.asterisk.contactStatus(dn, this.uri(dn), "Removed");
  }

  reject(dn: string): void {
    this.exporter.registrations.set(dn, 2);
    this.asterisk.registry(dn, "127.0.4.2:5060", "Rejected");
  }

  /** Statements that make ps_contacts what Asterisk would have written, semicolons in its own way. */
  sql(): string[] {
    const rows = this.dns
      .filter((dn) => this.exporter.endpoints.get(dn) === 2)
      .map((dn, n) => {
        const expires = Math.floor(Date.now() / 1_000) + 60 + (n % 540);
        const uri = this.uri(dn).replaceAll(";", "^3B");
        return `('${dn}^3B@${n}', '${uri}', ${expires}, '${agents[n % agents.length]}', '${dn}', '${n}.invalid', 0)`;
      });
    const columns = "(id, uri, expiration_time, user_agent, endpoint, via_addr, via_port)";
    const statements = ["DELETE FROM ps_contacts"];
    // An argument of a command has at most 128 KiB.
    for (let n = 0; n < rows.length; n += 500) {
      statements.push(`INSERT INTO ps_contacts ${columns} VALUES ${rows.slice(n, n + 500).join(",")}`);
    }
    return statements;
  }
}

/** `count` DNs from `first` on. */
export function dnsFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, n) => String(first + n));
}
