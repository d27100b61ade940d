import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { DatabaseConfig } from "../../../assets/database/src/config";
import { renderAsteriskFiles } from "../../../constructs/asterisk/files";
import { type AsteriskFilesProps, PHONE_REALM } from "../../../constructs/asterisk/props";
import { hashFiles } from "../../../constructs/service/release";
import { attempt, build, docker, hardened, healthy, type Outcome } from "./docker";

const root = join(__dirname, "..", "..", "..");

/** Addresses of this suite's own, so that it gets into nobody's way. */
export const addresses = {
  trunk: "127.0.77.1",
  primary: "127.0.77.2",
  backup: "127.0.77.3",
  internal: "127.0.77.4",
  /** Postgres of the suite that has no Asterisk. */
  database: "127.0.77.5",
} as const;
export const ports = { sip: 25060, http: 28088, ami: 25038, postgres: 25432 } as const;

export const passwords: Record<string, string> = {
  "ami-monitor": "monitor; [x] \\ ü",
  "ami-proxy": "proxy-secret",
  ari: "ari-secret",
  "postgres-asterisk": "p;a'ss {w}ord\\=%",
  "postgres-monitor": "monitor's {w}ord",
  "dn/1002": "one thousand and two",
  "dn/1003": "secret-1003",
  "dn/9999": "secret-9999",
};

export const props: AsteriskFilesProps = {
  forwardingMode: "static",
  host: { address: addresses.trunk, localNetworks: [] },
  genesys: {
    servers: [
      { host: addresses.primary, port: ports.sip, transport: "udp" },
      { host: addresses.backup, port: ports.sip, transport: "udp" },
    ],
    registration: { expires: 600, retryInterval: 10, forbiddenRetryInterval: 10 },
    simulator: true,
  },
  dns: [{ number: "1002" }, { number: "1003" }],
  allowedDns: [{ from: "1000", to: "5020" }],
  probeDn: "9999",
  asterisk: {
    sipAddress: addresses.trunk,
    sipPort: ports.sip,
    internalAddress: addresses.internal,
    httpPort: ports.http,
    amiPort: ports.ami,
  },
  postgres: { address: addresses.internal, port: ports.postgres },
  rtp: { from: 26000, to: 26100 },
  codecs: ["ulaw", "alaw"],
};

export const dnsJson: DatabaseConfig = {
  realm: PHONE_REALM,
  context: "genesys-agent",
  codecs: ["ulaw", "alaw"],
  comfortNoise: false,
  dns: [{ number: "1002", displayName: "Alice; [x]" }, { number: "1003" }],
  probeDn: "9999",
};

/** Postgres, the database release, Asterisk's release and Asterisk, run as the stack runs them. */
export class Stand {
  public readonly asterisk: string;
  public readonly postgres: string;
  private readonly directory: string;
  private readonly images: Record<"asterisk" | "postgres" | "database", string> = {
    asterisk: "",
    postgres: "",
    database: "",
  };

  /**
   * @param name starts with `asterisk-test-`, and is this suite's own
   * @param database where Postgres listens
   */
  constructor(
    public readonly name: string,
    private readonly database: string = addresses.internal,
  ) {
    this.asterisk = `${name}-asterisk`;
    this.postgres = `${name}-postgres`;
    this.directory = mkdtempSync(join(tmpdir(), `${name}-`));
    chmodSync(this.directory, 0o755);
    this.writeSecrets(passwords);
  }

  /** Clears away what an interrupted run has left, and builds the images. */
  public async prepare(...services: ("asterisk" | "postgres" | "database")[]): Promise<void> {
    await this.clear();
    for (const service of services) this.images[service] = await build(service);
  }

  public async remove(): Promise<void> {
    await this.clear();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async clear(): Promise<void> {
    await attempt("rm", "--force", this.asterisk, this.postgres, `${this.name}-database-release`);
    const volumes = ["config", "control", "spool", "pgdata", "pgcontrol"].map(
      (volume) => `${this.name}-${volume}`,
    );
    await attempt("volume", "rm", "--force", ...volumes);
  }

  public writeSecrets(secrets: Record<string, string>): void {
    rmSync(join(this.directory, "secrets"), { recursive: true, force: true });
    for (const [name, text] of Object.entries(secrets))
      write(join(this.directory, "secrets", name), `${text}\n`);
  }

  public async startPostgres(): Promise<void> {
    await docker(
      ...["run", "--detach", "--name", this.postgres, "--network", "host", "--read-only", ...hardened],
      ...[
        "--volume",
        `${this.name}-pgdata:/var/lib/postgresql/data`,
        "--volume",
        `${this.name}-pgcontrol:/run/control`,
      ],
      ...["--env", `PGPORT=${ports.postgres}`, "--env", `LISTEN_ADDRESS=${this.database}`],
      this.images.postgres,
    );
    // A new cluster takes its time on a busy machine.
    await healthy(this.postgres);
  }

  /** Runs SQL as the superuser, over the socket, and returns bare values. */
  public async sql(statement: string, database = "asterisk"): Promise<string> {
    const psql = ["psql", "-XAtq", "-h", "/run/control", "-U", "postgres", "-d", database, "-c", statement];
    return docker("exec", this.postgres, ...psql);
  }

  /** Runs SQL over TCP with a name and a password. */
  public async sqlAs(user: string, password: string, statement: string): Promise<Outcome> {
    const psql = ["psql", "-XAtq", "-w", "-h", this.database, "-U", user, "-d", "asterisk", "-c", statement];
    return attempt("exec", "--env", `PGPASSWORD=${password}`, this.postgres, ...psql);
  }

  public async releaseDatabase(config: DatabaseConfig = dnsJson): Promise<Outcome> {
    const files = mkdtempSync(join(this.directory, "dns-"));
    write(join(files, "dns.json"), JSON.stringify(config));
    return attempt(
      ...["run", "--rm", "--name", `${this.name}-database`, "--network", "none", "--user", "0", ...hardened],
      ...["--cap-add", "DAC_READ_SEARCH", "--env", `PGPORT=${ports.postgres}`],
      ...["--volume", `${this.name}-pgcontrol:/run/control`, "--volume", `${files}:/release/files:ro`],
      ...["--volume", `${join(this.directory, "secrets")}:/run/secrets:ro`, this.images.database],
    );
  }

  /** Leaves the container of a database release behind, as a deploy does, for an environment of the stand's name. */
  public async leaveDatabaseRelease(): Promise<void> {
    await docker(
      ...[
        "create",
        "--name",
        `${this.name}-database-release`,
        "--network",
        "none",
        "--user",
        "0",
        ...hardened,
      ],
      ...["--env", `PGPORT=${ports.postgres}`, "--volume", `${this.name}-pgcontrol:/run/control`],
      this.images.database,
    );
  }

  /** Releases Asterisk's files. `edit` breaks them on the way. */
  public async releaseAsterisk(
    changes: Partial<AsteriskFilesProps> = {},
    edit: (files: Record<string, string>) => Record<string, string> = (files) => files,
  ): Promise<Outcome> {
    const rendered = edit(renderAsteriskFiles({ ...props, ...changes }));
    const files = mkdtempSync(join(this.directory, "files-"));
    for (const [name, text] of Object.entries(rendered)) write(join(files, name), text);
    const capabilities = ["CHOWN", "DAC_READ_SEARCH", "SETGID", "SETUID"].flatMap((name) => [
      "--cap-add",
      name,
    ]);
    return attempt(
      ...["run", "--rm", "--name", `${this.name}-release`, "--network", "none", "--user", "0", ...hardened],
      ...[...capabilities, "--sysctl", "net.ipv4.ip_nonlocal_bind=1"],
      ...["--volume", `${this.name}-config:/config`, "--volume", `${this.name}-control:/run/control`],
      ...[
        "--volume",
        `${files}:/release/files:ro`,
        "--volume",
        `${join(this.directory, "secrets")}:/run/secrets:ro`,
      ],
      ...["--volume", `${join(root, "assets/release/release")}:/release/run:ro`],
      ...["--env", `RELEASE_HASH=${hashFiles(rendered)}`, "--env", "SERVICE_UID=10002"],
      ...["--env", "CHECK_DEADLINE=60", "--env", "RELOAD_DEADLINE=20"],
      ...["--entrypoint", "/usr/bin/perl", this.images.asterisk, "/release/run"],
    );
  }

  /** @param options spool: with the volume that recordings are kept in, as where call-control is switched on */
  public async startAsterisk({ spool = false } = {}): Promise<void> {
    await docker(
      ...["run", "--detach", "--name", this.asterisk, "--network", "host", "--read-only", ...hardened],
      ...["--volume", `${this.name}-config:/config:ro`, "--volume", `${this.name}-control:/run/control`],
      ...(spool ? ["--volume", `${this.name}-spool:/var/spool/asterisk`] : []),
      ...["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"],
      this.images.asterisk,
    );
    await healthy(this.asterisk);
  }

  /** The answer of Asterisk's command line. */
  public async cli(command: string): Promise<string> {
    return docker("exec", this.asterisk, "asterisk", "-C", "/config/current/asterisk.conf", "-rx", command);
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
}
