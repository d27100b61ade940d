import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PHONE_REALM } from "../../constructs/asterisk/props";
import { Phones } from "../../tools/verify/phones";
import { command, docker, localEnvironment, MINUTE, root, up } from "./support";

/** A backup of the running environment, and what comes back of it on a machine that has nothing any more. */

const PASSPHRASE = "four words nobody guesses";
/** A DN that no environment file names. */
const [DN, PASSWORD] = ["2001", "the password of before"];

let directory: string;
let file: string;
const secrets = join(root, ".secrets", "local");
const aside = join(root, ".secrets", "local.aside");
let isRestored = false;

const npm = (...args: string[]) =>
  command("npm", ["run", "--silent", ...args, "--passphrase-file", join(directory, "passphrase")]);
const restore = (from: string, ...options: string[]) =>
  npm("restore", "--", "local", "--from", from, ...options);

const sql = (text: string) =>
  docker(
    ...["exec", "local-postgres", "psql", "-XAtq", "-h", "/run/control", "-U", "postgres", "-d", "asterisk"],
    ...["-c", text],
  ).trim();

/** As rows like 1002's. */
function addDn(): void {
  const digest = createHash("md5").update(`${DN}:${PHONE_REALM}:${PASSWORD}`).digest("hex");
  for (const table of ["ps_endpoints", "ps_aors", "ps_auths"])
    sql(`INSERT INTO ${table} SELECT (jsonb_populate_record(NULL::${table},
      replace(to_jsonb(model)::text, '1002', '${DN}')::jsonb)).* FROM ${table} model WHERE id = '1002'`);
  sql(`UPDATE ps_auths SET password_digest = 'MD5:${digest}' WHERE id = '${DN}'`);
}

async function signsIn(): Promise<void> {
  const phone = await new Phones(localEnvironment("static")).connect(DN, PASSWORD);
  try {
    await phone.register();
    await phone.unregister();
  } finally {
    await phone.close();
  }
}

/** Every secret with its mode and content. */
function secretFiles(): string[] {
  return readdirSync(secrets, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${statSync(path).mode.toString(8)} ${readFileSync(path, "hex")}`)
    .sort();
}

const containers = () =>
  docker("ps", "-aq", "--no-trunc", "--filter", "label=webrtc-genesys.environment=local");

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "backup-test-"));
  file = join(directory, "local.age");
  writeFileSync(join(directory, "passphrase"), `${PASSPHRASE}\n`, { mode: 0o600 });
  up("static");
  addDn();
  await signsIn();
}, 20 * MINUTE);

afterAll(() => {
  // What was restored is what runs, and what containers have mounted.
  if (isRestored) rmSync(aside, { recursive: true, force: true });
  else if (readdirSync(join(root, ".secrets")).includes("local.aside")) {
    rmSync(secrets, { recursive: true, force: true });
    renameSync(aside, secrets);
  }
  rmSync(directory, { recursive: true, force: true });
});

describe("a backup", () => {
  it(
    "is one file that only its owner may read, and that shows nothing",
    () => {
      const { status, output } = npm("backup", "--", "local", "--to", file);
      expect(output).toContain("public.ps_auths 4");
      expect(status).toBe(0);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const bytes = readFileSync(file);
      expect(bytes.subarray(0, 21).toString()).toBe("age-encryption.org/v1");
      for (const text of ["PGDMP", "manifest", "1002", PASSPHRASE, "BEGIN"])
        expect(bytes.includes(text)).toBe(false);
      expect(readdirSync(directory).sort()).toStrictEqual(["local.age", "passphrase"]);
    },
    MINUTE,
  );

  it(
    "takes the place of no other",
    () => {
      const { status, output } = npm("backup", "--", "local", "--to", file);
      expect(output).toContain("is there already: nothing was written");
      expect(status).toBe(1);
    },
    MINUTE,
  );
});

describe("a restore", () => {
  const refused = (from: string, ...options: string[]) => {
    const before = [containers(), secretFiles(), sql("SELECT count(*) FROM ps_auths")];
    const { status, output } = restore(from, ...options);
    expect(status).toBe(1);
    expect([containers(), secretFiles(), sql("SELECT count(*) FROM ps_auths")]).toStrictEqual(before);
    return output;
  };

  it.each([
    ["was changed", (bytes: Buffer) => bytes.fill(bytes[20_000] === 0 ? 1 : 0, 20_000, 20_001)],
    ["was cut off", (bytes: Buffer) => bytes.subarray(0, 20_000)],
  ])(
    "of a file that %s is refused, even with --replace, and changes nothing",
    (_, change) => {
      const changed = join(directory, "changed.age");
      writeFileSync(changed, change(readFileSync(file)));
      expect(refused(changed, "--replace")).toContain(
        `${changed}: the file is damaged, cut off or was changed`,
      );
    },
    MINUTE,
  );

  it(
    "with another passphrase is refused, and changes nothing",
    () => {
      writeFileSync(join(directory, "passphrase"), "another passphrase\n");
      expect(refused(file, "--replace")).toContain(`${file}: the passphrase is another one`);
      writeFileSync(join(directory, "passphrase"), `${PASSPHRASE}\n`);
    },
    MINUTE,
  );

  it(
    "names what it would take the place of, and changes nothing",
    () => {
      sql(`DELETE FROM ps_endpoints WHERE id = '${DN}'`);
      writeFileSync(join(secrets, "dn", "1002"), "another password\n");
      const output = refused(file);
      expect(output).toContain("secret dn/1002: another one is there");
      expect(output).toContain("database: public.ps_endpoints: 4 rows in the backup, 3 rows here");
      expect(output).toContain("--replace");
    },
    MINUTE,
  );

  it(
    "on an empty machine brings everything back, and verifies it",
    async () => {
      // Of another checkout, or a lost state: it keeps a volume in use.
      const unknown = ["--name", "local-unknown", "--label", "webrtc-genesys.environment=local"];
      const image = docker("inspect", "--format", "{{.Image}}", "local-nginx").trim();
      docker("create", ...unknown, "--volume", "local-nginx-config:/config", image);
      const destroyed = command("npm", ["run", "--silent", "destroy", "--", "local", "--yes"]);
      expect(destroyed.output).toContain("removed too, in no state here: local-unknown");
      expect(destroyed.status).toBe(0);
      expect(docker("volume", "ls", "-q", "--filter", "label=webrtc-genesys.environment=local")).toBe("");
      renameSync(secrets, aside);

      const { status, output } = restore(file);
      expect(output).toMatch(/all \d+ checks green/);
      expect(status).toBe(0);
      expect(sql("SELECT string_agg(id, ',' ORDER BY id) FROM ps_auths")).toBe("1002,1003,2001,9999");
      await signsIn();
      isRestored = true;
      expect(readFileSync(join(secrets, "dn", "1002"), "utf8")).not.toBe("another password\n");
      for (const name of readdirSync(aside, { recursive: true, encoding: "utf8" }))
        expect([name, statSync(join(secrets, name)).mode]).toStrictEqual([
          name,
          statSync(join(aside, name)).mode,
        ]);
    },
    15 * MINUTE,
  );

  it(
    "leaves nothing to do for the next deploy",
    () => {
      const before = containers();
      up("static");
      expect(containers()).toBe(before);
    },
    5 * MINUTE,
  );

  it(
    "with --replace puts the backup in the place of what runs: other secrets too",
    async () => {
      sql(`DELETE FROM ps_auths WHERE id = '${DN}'`);
      for (const name of ["dn/1002", "postgres-asterisk", "ari"])
        writeFileSync(join(secrets, name), "changed-since-the-backup\n");
      const { status, output } = restore(file, "--replace");
      expect(output).toMatch(/all \d+ checks green/);
      expect(status).toBe(0);
      await signsIn();
      expect(sql("SELECT datname FROM pg_database ORDER BY 1").split("\n")).toStrictEqual([
        "asterisk",
        "postgres",
        "template0",
        "template1",
      ]);
    },
    15 * MINUTE,
  );
});
