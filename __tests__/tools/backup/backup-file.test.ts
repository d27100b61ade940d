import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../tools/arguments";
import { encrypted } from "../../../tools/backup/age";
import { writeArchive } from "../../../tools/backup/archive";
import { BackupFile } from "../../../tools/backup/backup-file";
import { EnvironmentFile } from "../../../tools/backup/environment-file";
import { all, inChunks } from "./bytes";

const PASSPHRASE = "four words nobody guesses";

let directory: string;
const at = (name: string) => join(directory, name);

async function write(name: string, lock: Parameters<typeof encrypted>[1]): Promise<string> {
  const archive = writeArchive(
    {
      environment: "site",
      time: new Date("2026-03-01T12:00:00Z"),
      project: "1.2.3",
      environmentFile: Buffer.from("host: {}\n"),
      secrets: [{ path: "ari", type: "file", mode: 0o600, content: Buffer.from("secret\n") }],
      database: { postgres: "17.1", migrations: [], tables: {} },
      dump: inChunks(Buffer.from("the dump")),
    },
    () => undefined,
  );
  writeFileSync(at(name), await all(await encrypted(archive, lock)));
  return at(name);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "backup-file-"));
  const { generateIdentity, identityToRecipient } = await import("age-encryption");
  const identity = await generateIdentity();
  writeFileSync(at("identity"), `# public key: …\n${identity}\n`);
  writeFileSync(at("passphrase"), `${PASSPHRASE}\n`);
  await write("for-recipient.age", { recipients: [await identityToRecipient(identity)] });
  await write("for-passphrase.age", { passphrase: PASSPHRASE });
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a backup file", () => {
  it("is opened by an identity, and read twice", async () => {
    const file = await BackupFile.open(at("for-recipient.age"), { identityFile: at("identity") });
    expect(await file.contents()).toMatchObject({ manifest: { environment: "site" }, dumpSize: 8 });
    expect(String(await all(file.dump()))).toBe("the dump");
  });

  it("is opened by a passphrase", async () => {
    const file = await BackupFile.open(at("for-passphrase.age"), { passphraseFile: at("passphrase") });
    expect((await file.contents()).secrets).toHaveLength(1);
  }, 60_000);

  it("says what would open it", async () => {
    await expect(BackupFile.open(at("for-recipient.age"), {})).rejects.toThrow("say --identity <file>");
    const wrong = BackupFile.open(at("for-passphrase.age"), { identityFile: at("identity") });
    await expect(wrong).rejects.toThrow("wants a passphrase, and no identity");
  });

  it("is named in what is wrong with it", async () => {
    await expect(BackupFile.open(at("none.age"), {})).rejects.toThrow("the backup can't be read: ENOENT");
    await expect(BackupFile.open(at("identity"), {})).rejects.toThrow(`${at("identity")}: is no backup`);
    const file = await BackupFile.open(at("for-recipient.age"), { identityFile: at("identity") });
    rmSync(at("for-recipient.age"));
    await expect(file.contents()).rejects.toThrow("ENOENT");
  });
});

describe("the environment file of a backup", () => {
  const text = "host:\n  address: 192.0.2.1\ngenesys:\n  servers:\n    - host: 192.0.2.2\n";

  it("counts where there is none here, and is written only when the restore goes on", () => {
    const { environment } = EnvironmentFile.of("site-of-a-test", text);
    expect(environment).toMatchObject({ name: "site-of-a-test", host: { address: "192.0.2.1" } });
    expect(readdirSync(join(root, "environments"))).not.toContain("site-of-a-test.yaml");
    expect(readdirSync(join(root, ".cache")).filter((name) => name.startsWith("restore-"))).toStrictEqual([]);
  });

  it("does not count where another one is here", () => {
    const log = jest.spyOn(console, "log").mockImplementation();
    try {
      expect(EnvironmentFile.of("local", text).environment.host.address).toBe("127.0.0.1");
      expect(log.mock.calls.flat().join()).toContain("environments/local.yaml is not the backup's");
    } finally {
      log.mockRestore();
    }
  });

  it("that is faulty is refused", () => {
    expect(() => EnvironmentFile.of("site-of-a-test", "host: 1\n")).toThrow("host");
  });
});
