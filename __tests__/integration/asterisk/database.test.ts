import { attempt, docker, eventually, healthy, logs } from "./docker";
import { addresses, dnsJson, passwords, Stand } from "./stand";

const stand = new Stand("asterisk-test-db", addresses.database);

beforeAll(() => stand.prepare("postgres", "database"), 300_000);
afterAll(() => stand.remove(), 60_000);

const rows = () => stand.sql("SELECT id, callerid FROM ps_endpoints ORDER BY id");

describe("a database release", () => {
  it("waits for a server that is only starting, and makes schema, role and DNs", async () => {
    const started = stand.startPostgres();
    const { status, output } = await stand.releaseDatabase();
    await started;
    expect(output).toContain("DNs: 3 added, 0 changed, 0 removed, 0 unchanged, 0 kept");
    expect(status).toBe(0);
    expect(await rows()).toBe('1002|"Alice; [x]" <1002>\n1003|"Agent 1003" <1003>\n9999|"Probe" <9999>');
    await healthy(stand.postgres);
  }, 60_000);

  it("changes nothing the second time", async () => {
    const verifier = () => stand.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'asterisk'");
    const before = await verifier();
    const { output } = await stand.releaseDatabase();
    expect(output).toBe(
      "schema: up to date\nDNs: 0 added, 0 changed, 0 removed, 3 unchanged, 0 kept that are not from the environment file\n",
    );
    expect(await verifier()).toBe(before);
  });

  it("leaves no password in the database or in the server's log", async () => {
    const dump = await docker("exec", stand.postgres, "pg_dumpall", "-h", "/run/control", "-U", "postgres");
    expect(dump).toContain("MD5:");
    for (const password of Object.values(passwords)) {
      expect(dump).not.toContain(password);
      expect(logs(stand.postgres)).not.toContain(password);
    }
  });

  it("names every secret that is missing, and changes nothing then", async () => {
    const before = await stand.sql("SELECT password_digest FROM ps_auths ORDER BY id");
    const { "dn/1003": _, "dn/9999": __, ...left } = passwords;
    stand.writeSecrets({ ...left, "dn/1002": "another" });
    const { status, output } = await stand.releaseDatabase();
    stand.writeSecrets(passwords);
    expect(status).toBe(1);
    expect(output).toContain("2 secret files can't be used, and nothing was changed");
    expect(output).toMatch(/dn\/1003: is missing(.|\n)*dn\/9999: is missing/);
    expect(await stand.sql("SELECT password_digest FROM ps_auths ORDER BY id")).toBe(before);
  });

  it("removes what left the environment file, and nothing that came another way", async () => {
    await stand.sql("INSERT INTO ps_endpoints (id, context) VALUES ('2000', 'by-hand')");
    await stand.sql(`INSERT INTO ps_contacts (id, uri, endpoint, expiration_time) VALUES
      ('1003;@a', 'sip:a', '1003', 5000000000), ('2000;@b', 'sip:b', '2000', 5000000000)`);
    stand.writeSecrets({ ...passwords, "dn/1002": "changed", "dn/1004": "new" });
    const { output } = await stand.releaseDatabase({
      ...dnsJson,
      dns: [{ number: "1002" }, { number: "1004" }],
    });
    expect(output).toContain("DNs: 1 added, 1 changed, 1 removed, 1 unchanged, 1 kept");
    for (const table of ["ps_endpoints", "ps_aors", "ps_auths"]) {
      const ids = await stand.sql(`SELECT string_agg(id, ',' ORDER BY id) FROM ${table}`);
      expect([table, ids]).toStrictEqual([
        table,
        table === "ps_endpoints" ? "1002,1004,2000,9999" : "1002,1004,9999",
      ]);
    }
    // Asterisk removes those that have run out, and tells whoever watches.
    const bindings = "SELECT endpoint FROM ps_contacts WHERE expiration_time > extract(epoch FROM now())";
    expect(await stand.sql(bindings)).toBe("2000");
    stand.writeSecrets(passwords);
    expect((await stand.releaseDatabase()).output).toContain(
      "DNs: 1 added, 1 changed, 1 removed, 1 unchanged, 1 kept",
    );
  });

  it("takes over a DN that was added by hand, and corrects it", async () => {
    stand.writeSecrets({ ...passwords, "dn/2000": "x" });
    const config = { ...dnsJson, dns: [...dnsJson.dns, { number: "2000" }] };
    expect((await stand.releaseDatabase(config)).output).toContain(
      "DNs: 0 added, 1 changed, 0 removed, 3 unchanged, 0 kept",
    );
    expect(await stand.sql("SELECT context FROM ps_endpoints WHERE id = '2000'")).toBe("genesys-agent");
    stand.writeSecrets(passwords);
    expect((await stand.releaseDatabase()).output).toContain("1 removed");
  });

  it("undoes everything when it fails half-way", async () => {
    await stand.sql("ALTER TABLE ps_auths ADD CONSTRAINT broken CHECK (id <> '1004')");
    stand.writeSecrets({ ...passwords, "dn/1004": "new" });
    const { status, output } = await stand.releaseDatabase({ ...dnsJson, dns: [{ number: "1004" }] });
    stand.writeSecrets(passwords);
    await stand.sql("ALTER TABLE ps_auths DROP CONSTRAINT broken");
    expect({ status, output }).toMatchObject({
      status: 1,
      output: expect.stringContaining("violates check constraint"),
    });
    expect(await stand.sql("SELECT string_agg(id, ',' ORDER BY id) FROM ps_endpoints")).toBe(
      "1002,1003,9999",
    );
  });
});

describe("Asterisk's role", () => {
  const password = passwords["postgres-asterisk"] ?? "";

  it("logs in with its password only", async () => {
    expect(await stand.sqlAs("asterisk", password, "SELECT count(*) FROM ps_auths")).toStrictEqual({
      status: 0,
      output: "3\n",
    });
    expect((await stand.sqlAs("asterisk", "wrong", "SELECT 1")).output).toContain(
      "password authentication failed",
    );
  });

  it.each([
    "INSERT INTO ps_endpoints (id) VALUES ('evil')",
    "UPDATE ps_auths SET password_digest = 'MD5:0'",
    "DELETE FROM provisioned_dns",
    "CREATE TABLE evil (a int)",
    "SELECT rolpassword FROM pg_authid",
  ])("may not %s", async (statement) => {
    const { status, output } = await stand.sqlAs("asterisk", password, statement);
    expect({ status, output }).toMatchObject({
      status: 1,
      output: expect.stringContaining("permission denied"),
    });
  });

  it("follows its secret", async () => {
    stand.writeSecrets({ ...passwords, "postgres-asterisk": "rotated" });
    await stand.releaseDatabase();
    expect((await stand.sqlAs("asterisk", "rotated", "SELECT 1")).status).toBe(0);
    expect((await stand.sqlAs("asterisk", password, "SELECT 1")).status).toBe(2);
    stand.writeSecrets(passwords);
    await stand.releaseDatabase();
  });
});

describe("the monitor's role", () => {
  const password = passwords["postgres-monitor"] ?? "";
  const as = (statement: string) => stand.sqlAs("monitor", password, statement);

  it("looks at bindings, and keeps a timeline", async () => {
    for (const statement of [
      "SELECT endpoint, uri, expiration_time, user_agent, via_addr, via_port FROM ps_contacts",
      `INSERT INTO monitor.dn_changes VALUES (1, now(), '1002', 'phone', false, 'came') ON CONFLICT DO NOTHING`,
      "SELECT * FROM monitor.dn_changes",
      "DELETE FROM monitor.dn_changes",
    ]) {
      expect(await as(statement)).toMatchObject({ status: 0 });
    }
    expect((await stand.sqlAs("monitor", "wrong", "SELECT 1")).output).toContain(
      "password authentication failed",
    );
  });

  it.each([
    "SELECT call_id FROM ps_contacts",
    "SELECT * FROM ps_contacts",
    "DELETE FROM ps_contacts",
    "UPDATE ps_contacts SET uri = 'sip:evil'",
    "INSERT INTO ps_contacts (id) VALUES ('evil')",
    "SELECT id FROM ps_endpoints",
    "SELECT password_digest FROM ps_auths",
    "SELECT dn FROM provisioned_dns",
    "UPDATE monitor.dn_changes SET text = 'nothing happened'",
    "TRUNCATE monitor.dn_changes",
    "CREATE TABLE evil (a int)",
    "CREATE TABLE monitor.evil (a int)",
  ])("may not %s", async (statement) => {
    const { status, output } = await as(statement);
    expect({ status, output }).toMatchObject({
      status: 1,
      output: expect.stringContaining("permission denied"),
    });
  });

  it.each([
    "INSERT INTO monitor.dn_changes VALUES (2, now(), 'x', 'phone', false, 'text')",
    "INSERT INTO monitor.dn_changes VALUES (2, now(), '1002', 'other', false, 'text')",
    "INSERT INTO monitor.dn_changes VALUES (2, now(), '1002', 'phone', false, repeat('x', 501))",
  ])("can't put rubbish into the timeline: %s", async (statement) => {
    expect((await as(statement)).output).toContain("violates check constraint");
  });

  it("has its timeline to itself: Asterisk's role can't see it", async () => {
    const asterisk = passwords["postgres-asterisk"] ?? "";
    const { output } = await stand.sqlAs("asterisk", asterisk, "SELECT * FROM monitor.dn_changes");
    expect(output).toContain("permission denied");
  });
});

describe("the server", () => {
  it("lets no superuser in over TCP, and nobody else over the socket", async () => {
    expect((await stand.sqlAs("postgres", "", "SELECT 1")).output).toContain("no pg_hba.conf entry");
    const asterisk = [
      "psql",
      "-XAtqw",
      "-h",
      "/run/control",
      "-U",
      "asterisk",
      "-d",
      "asterisk",
      "-c",
      "SELECT 1",
    ];
    expect((await attempt("exec", stand.postgres, ...asterisk)).output).toContain("no pg_hba.conf entry");
  });

  it("has data checksums, and keeps its data over a stop", async () => {
    expect(await stand.sql("SHOW data_checksums")).toBe("on");
    const before = Date.now();
    await docker("stop", "--time", "20", stand.postgres);
    expect(Date.now() - before).toBeLessThan(10_000);
    expect(logs(stand.postgres)).toContain("database system is shut down");
    await docker("start", stand.postgres);
    await healthy(stand.postgres);
    expect(await stand.sql("SELECT count(*) FROM ps_endpoints")).toBe("3");
  });

  it("refuses the data of another major version in words", async () => {
    await docker("exec", stand.postgres, "sh", "-c", "echo 16 > /var/lib/postgresql/data/cluster/PG_VERSION");
    await docker("restart", "--time", "20", stand.postgres);
    await eventually("its end", () =>
      logs(stand.postgres).includes("holds a cluster of PostgreSQL 16") ? true : undefined,
    );
    expect(await docker("wait", stand.postgres)).toBe("1");
  });
});
