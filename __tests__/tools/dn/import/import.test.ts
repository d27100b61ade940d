import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentialOfPassword } from "../../../../assets/database/src/credential";
import { loadEnvironment } from "../../../../config";
import { root } from "../../../../tools/arguments";
import { NotDeployed } from "../../../../tools/database-requests";
import { type ImportOptions, importPhones } from "../../../../tools/dn/import/import";
import { OperatorError } from "../../../../tools/progress";
import { contextOf, type World } from "../support";

let directory: string;
const at = (name: string) => join(directory, name);
const read = (name: string) => readFileSync(at(name), "utf8");
const md5 = "0123456789abcdef0123456789abcdef";

const PJSIP = `
[t](!)
type=endpoint
webrtc=yes
[1004](t)
auth=1004
callerid=Dora <1004>
[1004]
type=auth
username=1004
password=p\\;w
[1005](t)
auth=1005
[1005]
type=auth
auth_type=md5
realm=site
username=1005
md5_cred=${md5}
`;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "import-"));
  copyFileSync(join(root, "environments/local.yaml"), at("local.yaml"));
  writeFileSync(at("pjsip.conf"), PJSIP);
});
afterEach(() => rmSync(directory, { recursive: true }));

async function run(options: Partial<ImportOptions> = {}, world: World = {}) {
  const loaded = loadEnvironment(at("local.yaml"), {}).environment;
  const { context, told, requests } = contextOf({
    database: () => ({ added: 2, changed: 0, takenOver: [] }),
    ...world,
    environment: { ...loaded, secrets: { directory: at("secrets") }, ...world.environment },
  });
  const all = { path: at("pjsip.conf"), dryRun: false, overwrite: false, secrets: undefined, ...options };
  const result = importPhones({ ...context, file: at("local.yaml") }, all);
  return { complete: await result, report: told.join("\n"), requests };
}

/** Everything that an import may write, by its path. */
function everything(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, "utf8")]),
  );
}

it("writes the environment, the secrets and the rows, and says so", async () => {
  const { complete, report, requests } = await run();
  expect(complete).toBe(true);
  expect(read("local.yaml")).toContain("  - 1003\n  - number: 1004\n    displayName: Dora\n  - 1005\n");
  expect(read("secrets/dn/1004")).toBe("p;w\n");
  expect(read("secrets/dn/1005")).toBe(`{MD5}1005:site:${md5}\n`);
  expect(statSync(at("secrets/dn/1004")).mode & 0o777).toBe(0o600);
  expect(requests).toStrictEqual([
    {
      what: "adopt",
      settings: { realm: "webrtc-genesys", context: "genesys-agent", codecs: ["ulaw", "alaw"] },
      phones: [
        {
          number: "1004",
          displayName: "Dora",
          credential: credentialOfPassword("1004", "webrtc-genesys", "p;w"),
        },
        { number: "1005", credential: { username: "1005", realm: "site", md5 } },
      ],
    },
  ]);
  expect(report).toContain("2 of 2 phones are taken over");
  expect(report).toContain("rows: 2 added, 0 changed, 0 as they were; phones can sign in now");
  for (const secret of ["p;w", md5]) expect(report).not.toContain(secret);
});

it("changes nothing the second time", async () => {
  await run();
  const before = everything();
  const { complete, report } = await run({}, { database: () => ({ added: 0, changed: 0, takenOver: [] }) });
  expect(complete).toBe(true);
  expect(report).toContain("lists them already");
  expect(report).toContain("secrets: 0 written");
  expect(everything()).toStrictEqual(before);
});

it("writes nothing with --dry-run", async () => {
  const before = everything();
  const { report, requests } = await run({ dryRun: true });
  expect(report).toContain("nothing was written: --dry-run");
  expect(everything()).toStrictEqual(before);
  expect(requests).toStrictEqual([]);
});

it("leaves everything as it was when the database refuses", async () => {
  const before = everything();
  const refuse = () => {
    throw new OperatorError("another release has not ended");
  };
  await expect(run({}, { database: refuse })).rejects.toThrow("another release has not ended");
  expect(everything()).toStrictEqual(before);
});

it("leaves everything as it was when a file can't be written", async () => {
  // A directory that is not empty stands where a secret has to be.
  mkdirSync(at("secrets/dn/1005.new/x"), { recursive: true });
  const before = everything();
  await expect(run()).rejects.toThrow();
  expect(everything()).toStrictEqual(before);
});

it("does not write over an environment file that somebody saves meanwhile", async () => {
  const saved = () => {
    writeFileSync(at("local.yaml"), "# mine\n");
    return { added: 0, changed: 0, takenOver: [] };
  };
  await expect(run({}, { database: saved })).rejects.toThrow("was changed meanwhile");
  expect(read("local.yaml")).toBe("# mine\n");
  expect(existsSync(at("secrets/dn/1004"))).toBe(false);
});

it.each([
  [
    "nothing is deployed",
    new NotDeployed("local is not deployed"),
    "the deploy writes them (nothing is deployed yet)",
  ],
  [
    "the engine is away",
    new Error("connect ENOENT /var/run/docker.sock"),
    "the deploy writes them (connect ENOENT",
  ],
])("leaves the rows to the deploy when %s", async (_, error, line) => {
  const { complete, report } = await run(
    {},
    {
      database: () => {
        throw error;
      },
    },
  );
  expect(complete).toBe(true);
  expect(report).toContain(`rows: ${line}`);
  expect(read("secrets/dn/1004")).toBe("p;w\n");
});

it("tells of DNs that had been added to the running database", async () => {
  const { report } = await run({}, { database: () => ({ added: 1, changed: 1, takenOver: ["1004"] }) });
  expect(report).toContain("! 1004 had been added to the running database, and now is the file's");
});

it("takes over what it can, and is not complete then", async () => {
  writeFileSync(at("pjsip.conf"), `${PJSIP}[alice]\ntype=endpoint\nauth=1004\n`);
  const { complete, report } = await run();
  expect(complete).toBe(false);
  expect(report).toContain("2 of 3 phones are taken over");
  expect(report).toMatch(/Not taken over \(1\)\n.*\n.*pjsip\.conf:20 +alice +its name is no DN/);
  expect(read("secrets/dn/1004")).toBe("p;w\n");
});

it("is not complete when a part of the file can't be read", async () => {
  writeFileSync(at("pjsip.conf"), `${PJSIP}#include gone.conf\n`);
  const { complete, report } = await run();
  expect(complete).toBe(false);
  expect(report).toMatch(
    /Not understood \(1\)\n.*\n.*pjsip\.conf:20 +'gone\.conf' is included and not there/,
  );
});

it("keeps another password in a secret, and takes the imported one with --overwrite", async () => {
  mkdirSync(at("secrets/dn"), { recursive: true });
  writeFileSync(at("secrets/dn/1004"), "another\n");
  const kept = await run();
  expect(kept.complete).toBe(false);
  expect(read("secrets/dn/1004")).toBe("another\n");
  expect(read("local.yaml")).not.toContain("1004");
  const taken = await run({ overwrite: true });
  expect(taken.complete).toBe(true);
  expect(taken.report).toContain("replaces another");
  expect(read("secrets/dn/1004")).toBe("p;w\n");
});

it("reads an SQL dump, by its name or by what it says", async () => {
  const dump = [
    "-- PostgreSQL database dump",
    "COPY public.ps_auths (id, username, password) FROM stdin;",
    "1004\t1004\tp;w",
    "\\.",
    "INSERT INTO ps_endpoints (id, auth, webrtc) VALUES ('1004', '1004', 'yes');",
  ].join("\n");
  for (const name of ["old.sql", "old.dump"]) {
    writeFileSync(at(name), dump);
    const { complete, report } = await run({ path: at(name), dryRun: true });
    expect(complete).toBe(true);
    expect(report).toContain(`${name}:5`);
  }
});

describe("secrets on another machine", () => {
  const environment = { docker: { host: "ssh://root@192.0.2.1" } };

  it("need a place here", async () => {
    const before = everything();
    await expect(
      run({}, { environment: { ...environment, secrets: { directory: "/etc/secrets" } } }),
    ).rejects.toThrow(
      /the secrets of local are on ssh:\/\/root@192\.0\.2\.1: run this there,\nor say --secrets <directory>/,
    );
    expect(everything()).toStrictEqual(before);
  });

  it("are written to that place, and the rows are left to the deploy", async () => {
    const { report, requests } = await run(
      { secrets: at("elsewhere") },
      { environment: { ...environment, secrets: { directory: "/etc/secrets" } } },
    );
    expect(read("elsewhere/dn/1004")).toBe("p;w\n");
    expect(requests).toStrictEqual([]);
    expect(report).toContain("/elsewhere/dn to /etc/secrets/dn on ssh://root@192.0.2.1");
  });
});

it("says when there is no phone in the file", async () => {
  writeFileSync(at("pjsip.conf"), "[global]\ntype=global\n");
  await expect(run()).rejects.toThrow(/pjsip\.conf has no phone/);
});

it("refuses what would make an environment that can't be deployed, and writes nothing", async () => {
  // No two of them are a range of allowedDns.
  const phones = Array.from({ length: 1100 }, (_, index) => `[${70000 + 2 * index}](t)\nauth=1004\n`);
  writeFileSync(at("pjsip.conf"), PJSIP + phones.join(""));
  const before = everything();
  await expect(run()).rejects.toThrow(
    /would have faults:\n.*local\.yaml:\d+:\d+ allowedDns: has 1101 items: at most 1000 are allowed/,
  );
  expect(everything()).toStrictEqual(before);
});

it("does not obey what a file has for a terminal", async () => {
  writeFileSync(at("pjsip.conf"), `${PJSIP}[\u001b[31mred]\ntype=endpoint\nauth=x\n`);
  const { report } = await run({ dryRun: true });
  expect(report).toContain("\\u001b[31mred");
  expect(report).not.toContain("\u001b[31mred");
});

it("takes hundreds over in no time", async () => {
  const phones = Array.from({ length: 3000 }, (_, index) => {
    const dn = 2000 + index;
    return `[${dn}](t)\nauth=${dn}\n[${dn}]\ntype=auth\nusername=${dn}\npassword=pw${dn}\n`;
  });
  writeFileSync(at("pjsip.conf"), PJSIP + phones.join(""));
  const started = Date.now();
  const { report } = await run({ dryRun: true });
  expect(report).toContain("3002 of 3002 phones are taken over");
  expect(Date.now() - started).toBeLessThan(10_000);
});
