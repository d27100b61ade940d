import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDigestSecret } from "../../assets/database/src/credential";
import { type Environment, hostPort } from "../../config";
import { Phone } from "../../lib/phone";
import { secretPath } from "../secrets";

const DEADLINE = 10_000;

/** The phones that `verify` signs in, over wss through nginx as a browser's would. */
export class Phones {
  public readonly url: string;
  private readonly open = new Map<string, Phone>();

  constructor(private readonly environment: Environment) {
    const { address, port } = environment.nginx;
    this.url = `wss://${hostPort(address, port)}/ws`;
  }

  /** The certificate of a local environment is its own authority; elsewhere it must be one that Node.js trusts. */
  public get tls(): { readonly ca?: string } {
    const certificate = secretPath(this.environment, "tls/certificate.pem");
    const own = this.environment.nginx.tls.selfSigned && certificate && existsSync(certificate);
    return own ? { ca: readFileSync(certificate, "utf8") } : {};
  }

  /** DNs that are signed in now. */
  public get signedIn(): string[] {
    return [...this.open.keys()];
  }

  /** Registers the probe DN and un-registers it. How many milliseconds that took. */
  public async probe(): Promise<number> {
    const started = Date.now();
    const phone = await this.connect(this.environment.probeDn);
    try {
      await phone.register({ deadlineMs: DEADLINE });
      await phone.unregister({ deadlineMs: DEADLINE });
    } finally {
      await phone.close();
    }
    return Date.now() - started;
  }

  /** Registers a DN and keeps it registered until `signOut`. */
  public async signIn(dn: string): Promise<void> {
    const phone = await this.connect(dn);
    try {
      await phone.register({ deadlineMs: DEADLINE });
      this.open.set(dn, phone);
    } catch (error) {
      await phone.close();
      throw error;
    }
  }

  /** Un-registers what is signed in. Never throws: it comes after the checks. */
  public async signOut(): Promise<void> {
    for (const phone of this.open.values()) {
      await phone.unregister({ deadlineMs: DEADLINE }).catch(() => undefined);
      await phone.close();
    }
    this.open.clear();
  }

  /** Opens a phone that is not registered yet. */
  public connect(dn: string, password = this.password(dn)): Promise<Phone> {
    return Phone.connect({ url: this.url, tls: this.tls, dn, password, deadlineMs: DEADLINE });
  }

  /** Whether the secret of a DN is a digest that came from another system: its password is known to its agent only. */
  public hasDigestOnly(dn: string): boolean {
    const path = this.secret(dn);
    return existsSync(path) && isDigestSecret(readFileSync(path, "utf8"));
  }

  /** Of a DN, from its secret file. */
  public password(dn: string): string {
    const path = this.secret(dn);
    if (!existsSync(path)) {
      throw new Error(
        `the password of DN ${dn} is not on this machine (${path}): run this on the Docker host`,
      );
    }
    return readFileSync(path, "utf8").trim();
  }
  private secret(dn: string): string {
    return secretPath(this.environment, `dn/${dn}`) ?? join(this.environment.secrets.directory, "dn", dn);
  }
}
