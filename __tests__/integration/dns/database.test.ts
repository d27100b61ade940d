import Docker from "dockerode";
import {
  credentialOfPassword,
  credentialOfSecret,
  digestSecret,
} from "../../../assets/database/src/credential";
import type { DnRequest } from "../../../assets/database/src/request";
import { NotDeployed } from "../../../tools/database-requests";
import { DnDatabase } from "../../../tools/dn/database";
import { OperatorError } from "../../../tools/progress";
import { docker, logs } from "../asterisk/docker";
import { addresses, dnsJson, passwords, Stand } from "../asterisk/stand";

/** An operator's requests to a running database, each by a container of its own as on a Docker host. */

// Each request is a container that starts and ends.
jest.setTimeout(30_000);

const stand = new Stand("asterisk-test-dns", addresses.database);
const engine = new Docker();
const database = new DnDatabase(engine, stand.name);
const { realm, context, codecs } = dnsJson;
const settings = { realm, context, codecs };

const add = (number: string, displayName?: string): Extract<DnRequest, { what: "add" }> => ({
  what: "add",
  settings,
  phone: {
    number,
    ...(displayName !== undefined && { displayName }),
    credential: credentialOfPassword(number, realm, `password of ${number}`),
  },
});
const remove = (number: string) => database.ask<"remove">({ what: "remove", number });
const numbers = async () => (await database.ask<"list">({ what: "list" })).dns.map(({ number }) => number);

beforeAll(async () => {
  await stand.prepare("postgres", "database");
  await stand.startPostgres();
  const { status, output } = await stand.releaseDatabase();
  if (status !== 0) throw new Error(output);
}, 300_000);

afterAll(() => stand.remove(), 60_000);

it("says that an environment is not deployed", async () => {
  await expect(database.ask<"list">({ what: "list" })).rejects.toThrow(NotDeployed);
  await expect(database.ask<"list">({ what: "list" })).rejects.toThrow(
    "asterisk-test-dns is not deployed: there is no container asterisk-test-dns-database-release",
  );
  await stand.leaveDatabaseRelease();
});

describe("adding a DN", () => {
  it("writes the rows that a release would", async () => {
    expect(await database.ask(add("2001", "Alice; 'x' ünd"))).toStrictEqual({ outcome: "added" });
    const row = (table: string, dn: string) =>
      stand.sql(`SELECT to_jsonb(t) - 'callerid' - 'password_digest' FROM ${table} t WHERE id = '${dn}'`);
    for (const table of ["ps_endpoints", "ps_aors", "ps_auths"])
      expect(await row(table, "2001")).toBe((await row(table, "1002")).replaceAll("1002", "2001"));
    expect(await stand.sql("SELECT callerid FROM ps_endpoints WHERE id = '2001'")).toBe(
      `"Alice; 'x' ünd" <2001>`,
    );
    expect(await stand.sql("SELECT password_digest FROM ps_auths WHERE id = '2001'")).toBe(
      `MD5:${credentialOfPassword("2001", realm, "password of 2001").md5}`,
    );
  });

  it("refuses one that is there, whoever brought it, and changes nothing then", async () => {
    await stand.sql("INSERT INTO ps_endpoints (id, context) VALUES ('2002', 'by-hand')");
    const before = await stand.sql("SELECT * FROM ps_auths ORDER BY id");
    expect(await database.ask(add("2001"))).toStrictEqual({ outcome: "there already" });
    expect(await database.ask(add("2002"))).toStrictEqual({ outcome: "there already" });
    expect(await database.ask(add("1002"))).toStrictEqual({ outcome: "of the environment" });
    expect(await stand.sql("SELECT * FROM ps_auths ORDER BY id")).toBe(before);
  });

  it("adds one once when two operators do so at one time", async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => database.ask(add("2003"))));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toStrictEqual([
      "added",
      "there already",
      "there already",
    ]);
  });

  it("undoes everything when it fails half-way, and says why", async () => {
    await stand.sql("ALTER TABLE ps_auths ADD CONSTRAINT broken CHECK (id <> '2004')");
    await expect(database.ask(add("2004"))).rejects.toThrow(
      /asterisk-test-dns's database refuses: .*violates check constraint/,
    );
    await stand.sql("ALTER TABLE ps_auths DROP CONSTRAINT broken");
    expect(await numbers()).not.toContain("2004");
  });

  it("takes no request that could mean something else", async () => {
    for (const number of ["2001'; DROP TABLE ps_auths; --", "", "x", "1".repeat(21)])
      await expect(database.ask(add(number))).rejects.toThrow(OperatorError);
    await expect(database.ask(add("2005", 'a" <1002>'))).rejects.toThrow("must not have quotes");
    expect(await numbers()).toStrictEqual(["1002", "1003", "2001", "2002", "2003", "9999"]);
  });
});

it("lists who is there, from where, how the password is checked, and whether a phone is registered", async () => {
  await stand.sql(`INSERT INTO ps_contacts (id, uri, endpoint, expiration_time) VALUES
    ('2001;@a', 'sip:a', '2001', 5000000000), ('2003;@b', 'sip:b', '2003', 1)`);
  const digest = (number: string) => ({ algorithm: "MD5", username: number, realm });
  expect((await database.ask<"list">({ what: "list" })).dns).toStrictEqual([
    { number: "1002", displayName: "Alice; [x]", source: "environment", digest: digest("1002"), contacts: 0 },
    { number: "1003", source: "environment", digest: digest("1003"), contacts: 0 },
    { number: "2001", displayName: "Alice; 'x' ünd", source: "added", digest: digest("2001"), contacts: 1 },
    { number: "2002", source: "other", contacts: 0 },
    { number: "2003", source: "added", digest: digest("2003"), contacts: 0 },
    { number: "9999", displayName: "Probe", source: "environment", digest: digest("9999"), contacts: 0 },
  ]);
});

describe("a password", () => {
  const set = (number: string, environment: boolean) =>
    database.ask<"set password">({
      what: "set password",
      number,
      environment,
      credential: credentialOfPassword(number, realm, "another"),
    });

  it("is changed where its secret is, or has none", async () => {
    expect(await set("2001", false)).toStrictEqual({ outcome: "changed", username: "2001" });
    expect(await set("1002", true)).toStrictEqual({ outcome: "changed", username: "1002" });
    for (const dn of ["1002", "2001"])
      expect(await stand.sql(`SELECT password_digest FROM ps_auths WHERE id = '${dn}'`)).toBe(
        `MD5:${credentialOfPassword(dn, realm, "another").md5}`,
      );
  });

  it("is not changed where the next release would undo it, or of nobody", async () => {
    expect(await set("1003", false)).toStrictEqual({ outcome: "of the environment" });
    expect(await set("2002", false)).toStrictEqual({ outcome: "unknown" });
    expect(await set("2999", false)).toStrictEqual({ outcome: "unknown" });
  });
});

describe("a release afterwards", () => {
  it("leaves added DNs with their passwords, and gives them its settings", async () => {
    const { output } = await stand.releaseDatabase({ ...dnsJson, codecs: ["opus", "alaw"] });
    expect(output).toContain("DNs: 0 added, 3 changed, 0 removed, 0 unchanged, 3 kept");
    expect(await stand.sql("SELECT id, allow FROM ps_endpoints ORDER BY id")).toBe(
      "1002|opus,alaw\n1003|opus,alaw\n2001|opus,alaw\n2002|\n2003|opus,alaw\n9999|opus,alaw",
    );
    expect(
      await stand.sql(
        "SELECT callerid, password_digest FROM ps_endpoints e JOIN ps_auths USING (id) WHERE id = '2001'",
      ),
    ).toBe(`"Alice; 'x' ünd" <2001>|MD5:${credentialOfPassword("2001", realm, "another").md5}`);
  });

  it("makes an added DN that its file lists the environment's, which then goes with the file", async () => {
    stand.writeSecrets({ ...passwords, "dn/2003": "of the file" });
    await stand.releaseDatabase({ ...dnsJson, dns: [...dnsJson.dns, { number: "2003" }] });
    expect(await database.ask(add("2003"))).toStrictEqual({ outcome: "of the environment" });
    expect(await remove("2003")).toStrictEqual({ outcome: "of the environment" });
    stand.writeSecrets(passwords);
    await stand.releaseDatabase();
    expect(await numbers()).not.toContain("2003");
  });

  it("is waited for by an operator's change, which then is made", async () => {
    const sleeper = stand.sql("SELECT pg_advisory_lock(7340251), pg_sleep(3)", "postgres");
    await new Promise((resolve) => setTimeout(resolve, 500));
    const started = Date.now();
    expect(await database.ask(add("2006"))).toStrictEqual({ outcome: "added" });
    expect(Date.now() - started).toBeGreaterThan(1500);
    await sleeper;
  });
});

describe("removing a DN", () => {
  it("takes its rows, and ends its phone's binding", async () => {
    expect(await remove("2001")).toStrictEqual({ outcome: "removed" });
    expect(await remove("2002")).toStrictEqual({ outcome: "removed" });
    expect(await numbers()).toStrictEqual(["1002", "1003", "2006", "9999"]);
    for (const table of ["ps_endpoints", "ps_aors", "ps_auths", "added_dns"]) {
      const id = table === "added_dns" ? "dn" : "id";
      expect(await stand.sql(`SELECT count(*) FROM ${table} WHERE ${id} = '2001'`)).toBe("0");
    }
    const left = "SELECT count(*) FROM ps_contacts WHERE expiration_time >= extract(epoch FROM now())";
    expect(await stand.sql(left)).toBe("0");
    // Asterisk takes one with 0 for permanent, and never removes it.
    expect(await stand.sql("SELECT count(*) FROM ps_contacts WHERE expiration_time > 1000000")).toBe("2");
  });

  it("leaves the environment's alone, and says when there is none", async () => {
    expect(await remove("1002")).toStrictEqual({ outcome: "of the environment" });
    expect(await remove("2001")).toStrictEqual({ outcome: "unknown" });
  });
});

describe("DNs that an import brings", () => {
  const taken = { username: "agent-1005", realm: "asterisk", md5: "0123456789abcdef0123456789abcdef" };

  it("are the environment's at once, and the release of its file finds nothing to change", async () => {
    await database.ask(add("1004"));
    const phones = [
      { number: "1004", credential: credentialOfPassword("1004", realm, "four") },
      { number: "1005", displayName: "Eve", credential: taken },
    ];
    expect(await database.ask<"adopt">({ what: "adopt", settings, phones })).toStrictEqual({
      added: 1,
      changed: 1,
      takenOver: ["1004"],
    });
    expect(await database.ask<"adopt">({ what: "adopt", settings, phones })).toStrictEqual({
      added: 0,
      changed: 0,
      takenOver: [],
    });
    expect(await stand.sql("SELECT username, realm, password_digest FROM ps_auths WHERE id = '1005'")).toBe(
      `agent-1005|asterisk|MD5:${taken.md5}`,
    );
    expect(await stand.sql("SELECT string_agg(dn, ',') FROM added_dns")).toBe("2006");

    stand.writeSecrets({ ...passwords, "dn/1004": "four", "dn/1005": digestSecret(taken) });
    const dns = [...dnsJson.dns, { number: "1004" }, { number: "1005", displayName: "Eve" }];
    const { output } = await stand.releaseDatabase({ ...dnsJson, dns });
    expect(output).toContain("DNs: 0 added, 0 changed, 0 removed, 5 unchanged, 1 kept");
  });

  it("keep a release from happening whose secret has half a digest", async () => {
    stand.writeSecrets({ ...passwords, "dn/1005": "{MD5}agent-1005:0123" });
    const { status, output } = await stand.releaseDatabase({ ...dnsJson, dns: [{ number: "1005" }] });
    expect(status).toBe(1);
    expect(output).toContain("dn/1005: is no digest: {MD5}username:realm:");
    expect(() => credentialOfSecret("1005", realm, "{MD5}agent-1005:0123")).toThrow();
  });
});

it("leaves no container, and no password or digest in a log", async () => {
  const left = await docker(
    "ps",
    "--all",
    "--format",
    "{{.Names}}",
    "--filter",
    `label=webrtc-genesys.environment=${stand.name}`,
  );
  expect(left).toBe("");
  for (const secret of ["password of 2001", credentialOfPassword("2001", realm, "another").md5])
    expect(logs(stand.postgres)).not.toContain(secret);
});
