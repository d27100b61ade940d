import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import Docker from "dockerode";
import { Database } from "../../../tools/backup/database";
import type { DatabaseFacts } from "../../../tools/backup/manifest";
import { all, inChunks } from "../../tools/backup/bytes";
import { attempt, build, docker, hardened } from "../asterisk/docker";
import { dnsJson, passwords, ports, Stand } from "../asterisk/stand";

/** The database's part of a backup, by the real Postgres and the real provisioning. */

const NAME = "asterisk-test-backup";
const migrations = join(__dirname, "..", "..", "..", "assets", "database", "migrations");
const migrationNames = readdirSync(migrations)
  .map((file) => basename(file, ".sql"))
  .sort();
const stand = new Stand(NAME, "127.0.77.6");
const database = new Database(new Docker({ socketPath: "/var/run/docker.sock" }), NAME);
let directory: string;
let image: string;

/** Makes the container that provisions, as a deploy leaves it: it can be started again. */
async function deployed(secrets: Record<string, string>, migrationsFrom?: string): Promise<void> {
  await attempt("rm", "--force", `${NAME}-database-release`);
  const files = mkdtempSync(join(directory, "release-"));
  for (const [name, text] of Object.entries(secrets)) write(join(files, "secrets", name), `${text}\n`);
  write(join(files, "files", "dns.json"), JSON.stringify(dnsJson));
  await docker(
    ...["create", "--name", `${NAME}-database-release`, "--tty", "--network", "none", "--user", "0"],
    ...[...hardened, "--cap-add", "DAC_READ_SEARCH", "--env", `PGPORT=${ports.postgres}`],
    ...["--volume", `${NAME}-pgcontrol:/run/control`, "--volume", `${files}/files:/release/files:ro`],
    ...[
      "--volume",
      `${files}/secrets:/run/secrets:ro`,
      "--volume",
      `${migrationsFrom ?? migrations}:/migrations:ro`,
    ],
    ...[image, "--migrations", "/migrations"],
  );
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
}

/** A database as a first deploy makes it. */
async function anew(migrationsFrom?: string): Promise<void> {
  await attempt("rm", "--force", stand.postgres);
  await attempt("volume", "rm", "--force", `${NAME}-pgdata`, `${NAME}-pgcontrol`);
  await stand.startPostgres();
  await deployed(passwords, migrationsFrom);
  await database.provision();
}

/** A DN as it comes at run time, a binding and some of the timeline. */
async function addByHand(): Promise<void> {
  await stand.sql(`
    INSERT INTO ps_endpoints (id, context, callerid) VALUES ('2001', 'genesys-agent', '"Zoë; \\x" <2001>');
    INSERT INTO ps_auths (id, auth_type, username, realm, password_digest) VALUES ('2001', 'digest', '2001', 'r', 'MD5:abc');
    INSERT INTO ps_aors (id, qualify_timeout) VALUES ('2001', 3.1);
    INSERT INTO ps_contacts (id, uri, endpoint) VALUES ('2001;@a', 'sip:a', '2001');`);
}

async function taken(): Promise<{ facts: DatabaseFacts; dump: Buffer }> {
  const { facts, data } = await database.dump();
  return { facts, dump: await all(data) };
}

async function restored({ facts, dump }: { facts: DatabaseFacts; dump: Buffer }): Promise<string> {
  await database.load(inChunks(dump, 70_001), dump.length, facts);
  await database.exchange();
  const said = await database.provision();
  await database.dropReplaced();
  return said;
}

const databases = () => stand.sql("SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database");

beforeAll(async () => {
  await stand.prepare("postgres");
  image = await build("database");
  directory = mkdtempSync(join(tmpdir(), `${NAME}-`));
}, 300_000);

beforeEach(() => anew(), 60_000);

afterAll(async () => {
  await attempt("rm", "--force", `${NAME}-database-release`);
  await stand.remove();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

describe("a database that was backed up", () => {
  it("comes back on an empty machine, with what was added at run time and without bindings", async () => {
    await addByHand();
    await stand.sql(
      "INSERT INTO call_control.do_not_call SELECT '+3120' || n, '', now(), 'key:crm' FROM generate_series(1000, 1999) n",
    );
    const backup = await taken();
    expect(backup.facts).toMatchObject({
      postgres: expect.stringMatching(/^17\./),
      migrations: migrationNames,
      tables: {
        "public.ps_auths": { rows: 4, digest: expect.any(String) },
        "monitor.dn_changes": { rows: 0 },
        "call_control.do_not_call": { rows: 1000, digest: expect.stringMatching(/^-?\d+$/) },
        "call_control.agents": { rows: 0 },
      },
    });
    expect(backup.facts.tables["public.ps_contacts"]).toBeUndefined();

    await anew();
    expect(await stand.sql("SELECT count(*) FROM ps_auths")).toBe("3");
    expect(await restored(backup)).toContain(
      "DNs: 0 added, 0 changed, 0 removed, 3 unchanged, 1 kept that are not from the environment file",
    );
    expect(await database.facts()).toStrictEqual(backup.facts);
    expect(await stand.sql("SELECT callerid FROM ps_endpoints WHERE id = '2001'")).toBe('"Zoë; \\x" <2001>');
    expect(await stand.sql("SELECT count(*) FROM ps_contacts")).toBe("0");
    expect(await databases()).toBe("asterisk,postgres,template0,template1");
  }, 120_000);

  it("has the rights of before: roles log in with their secrets, and may do what they may", async () => {
    const backup = await taken();
    await anew();
    await restored(backup);
    const as = (role: string, text: string) => stand.sqlAs(role, passwords[`postgres-${role}`] ?? "", text);
    expect((await as("asterisk", "SELECT count(*) FROM ps_auths")).output).toBe("3\n");
    expect((await as("asterisk", "DELETE FROM provisioned_dns")).output).toContain("permission denied");
    expect((await as("monitor", "SELECT count(*) FROM monitor.dn_changes")).output).toBe("0\n");
    expect((await as("monitor", "SELECT password_digest FROM ps_auths")).output).toContain(
      "permission denied",
    );
    expect(
      await stand.sql("SELECT has_database_privilege('public', 'asterisk', 'CONNECT')", "postgres"),
    ).toBe("f");
  }, 120_000);

  it("comes back a second time from a backup of what came back", async () => {
    await addByHand();
    await restored(await taken());
    const second = await taken();
    await anew();
    await restored(second);
    expect(await database.facts()).toStrictEqual(second.facts);
  }, 120_000);

  it("is of one moment, while others write", async () => {
    await stand.sql(
      "INSERT INTO monitor.dn_changes SELECT n, now(), '1002', 'phone', false, 'x' FROM generate_series(1, 50000) n",
    );
    const writing = attempt(
      ...["exec", stand.postgres, "bash", "-c"],
      `for n in {1..300}; do psql -qXh /run/control -U postgres -d asterisk -c "INSERT INTO ps_endpoints (id) VALUES ('9' || $n)"; done`,
    );
    const backup = await taken();
    const before = backup.facts.tables["public.ps_endpoints"]?.rows ?? 0;
    await writing;
    expect(Number(await stand.sql("SELECT count(*) FROM ps_endpoints"))).toBeGreaterThan(before);
    // Loading compares the contents with what was counted.
    await restored(backup);
    expect(await database.facts()).toStrictEqual(backup.facts);
  }, 120_000);

  it("of an older schema is brought up to date by the provisioning", async () => {
    const older = mkdtempSync(join(directory, "older-"));
    // The oldest that today's provisioning can bring about.
    const known = migrationNames.filter((name) => name < "0004");
    for (const name of known) copyFileSync(join(migrations, `${name}.sql`), join(older, `${name}.sql`));
    await anew(older);
    await addByHand();
    const backup = await taken();
    expect(backup.facts.migrations).toStrictEqual(known);

    await anew();
    expect(await restored(backup)).toContain("schema: ran 0004_call-control");
    expect(await stand.sql("SELECT id FROM ps_auths WHERE id = '2001'")).toBe("2001");
    expect(
      (
        await stand.sqlAs(
          "monitor",
          passwords["postgres-monitor"] ?? "",
          "SELECT count(*) FROM monitor.dn_changes",
        )
      ).output,
    ).toBe("0\n");
  }, 120_000);
});

describe("a restore that fails", () => {
  it.each([
    ["is cut off", (dump: Buffer) => dump.subarray(0, dump.length - 2000), "could not be restored"],
    ["is none", () => Buffer.from("PGDMP and nothing else"), "could not be restored"],
  ])(
    "changes nothing: a dump that %s",
    async (_, change, reason) => {
      await addByHand();
      const { facts, dump } = await taken();
      const bytes = change(dump);
      await expect(database.load(inChunks(bytes), bytes.length, facts)).rejects.toThrow(reason);
      await database.dropLoaded();
      expect(await databases()).toBe("asterisk,postgres,template0,template1");
      expect(await database.facts()).toStrictEqual(facts);
      expect(await stand.sql("SELECT count(*) FROM ps_contacts")).toBe("1");
    },
    60_000,
  );

  it("changes nothing: a backup whose file fails on the way", async () => {
    const { facts, dump } = await taken();
    const broken = (async function* () {
      yield dump.subarray(0, 5000);
      throw new Error("the disk has gone");
    })();
    await expect(database.load(broken, dump.length, facts)).rejects.toThrow("the disk has gone");
    expect(await database.facts()).toStrictEqual(facts);
  }, 60_000);

  it("changes nothing: a database that is another one than was counted", async () => {
    const { facts, dump } = await taken();
    const tables = { ...facts.tables, "public.ps_auths": { rows: 3, digest: "0" } };
    await expect(database.load(inChunks(dump), dump.length, { ...facts, tables })).rejects.toThrow(
      "the restored database is not what the backup says:\n  public.ps_auths: 3 rows, with other contents",
    );
  }, 60_000);

  it("takes the database of before back, where the provisioning refuses the new one", async () => {
    const backup = await taken();
    await addByHand();
    const before = await database.facts();
    const { "dn/1003": _, ...left } = passwords;
    await deployed(left);
    await database.load(inChunks(backup.dump), backup.dump.length, backup.facts);
    await database.exchange();
    await expect(database.provision()).rejects.toThrow("dn/1003: is missing");
    await database.exchangeBack();
    await database.dropLoaded();
    expect(await database.facts()).toStrictEqual(before);
    expect(await databases()).toBe("asterisk,postgres,template0,template1");
  }, 60_000);
});

describe("who is connected to the database", () => {
  it("is told to go when another one takes its place, and can come again at once", async () => {
    const backup = await taken();
    const password = passwords["postgres-asterisk"] ?? "";
    const session = stand.sqlAs("asterisk", password, "SELECT pg_sleep(60)");
    while ((await stand.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'asterisk'")) === "0")
      await new Promise((resolve) => setTimeout(resolve, 50));
    await restored(backup);
    expect((await session).output).toContain("terminating connection due to administrator command");
    expect((await stand.sqlAs("asterisk", password, "SELECT 1")).output).toBe("1\n");
  }, 60_000);
});

describe("a database that is looked for", () => {
  it("is there, stopped, or absent", async () => {
    expect(typeof (await database.find())).toBe("object");
    const other = new Database(new Docker({ socketPath: "/var/run/docker.sock" }), `${NAME}-none`);
    expect(await other.find()).toBe("absent");
    await docker("volume", "create", `${NAME}-none-postgres-data`);
    try {
      expect(await other.find()).toBe("stopped");
    } finally {
      await docker("volume", "rm", `${NAME}-none-postgres-data`);
    }
  }, 60_000);
});
