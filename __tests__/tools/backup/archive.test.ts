import { createHash, randomBytes } from "node:crypto";
import { entries, readArchive, readDump, type Sources, writeArchive } from "../../../tools/backup/archive";
import type { Manifest } from "../../../tools/backup/manifest";
import type { TreeEntry } from "../../../tools/backup/tree";
import { tar } from "../../../tools/docker-provider/tar";
import { all, inChunks } from "./bytes";

const dump = randomBytes(2_500_000);
const secrets: TreeEntry[] = [
  { path: "", type: "directory", mode: 0o700 },
  { path: "ari", type: "file", mode: 0o600, content: Buffer.from("secret\n") },
  { path: "dn", type: "directory", mode: 0o750 },
  { path: "dn/1002", type: "file", mode: 0o640, content: Buffer.from("") },
  { path: `dn/${"x".repeat(150)}`, type: "file", mode: 0o600, content: Buffer.from("long name") },
];
const sources: Sources = {
  environment: "site",
  time: new Date("2026-03-01T12:00:00Z"),
  project: "1.2.3",
  environmentFile: Buffer.from("host:\n  address: 127.0.0.1\n"),
  secrets,
  database: { postgres: "17.1", migrations: ["0001_a"], tables: { "public.t": { rows: 2, digest: "d" } } },
  dump: inChunks(dump, 30_011),
};

let manifest: Manifest | undefined;
let archive: Buffer;

beforeAll(async () => {
  archive = await all(
    writeArchive(sources, (made) => {
      manifest = made;
    }),
  );
});

const read = (bytes: Buffer) => readArchive(inChunks(bytes, 10_007));

/** The archive, with one of its members changed. */
async function edited(edit: (name: string, content: Buffer) => Buffer | undefined): Promise<Buffer> {
  const files: { path: string; mode: number; content: Buffer }[] = [];
  for await (const { header, content } of entries(inChunks(archive))) {
    const changed = header.type === "file" ? edit(header.name, await all(content)) : undefined;
    if (changed) files.push({ path: header.name, mode: header.mode, content: changed });
  }
  return tar(files);
}

describe("the archive of a backup", () => {
  it("comes back as it was", async () => {
    const contents = await read(archive);
    expect(contents).toStrictEqual({
      manifest,
      environmentFile: "host:\n  address: 127.0.0.1\n",
      secrets,
      dumpSize: dump.length,
    });
    const again = await all(readDump(inChunks(archive, 65_536)));
    expect(again.equals(dump)).toBe(true);
  });

  it("has a manifest of every part, with its hash", () => {
    expect(manifest).toMatchObject({
      environment: "site",
      time: "2026-03-01T12:00:00.000Z",
      project: "1.2.3",
    });
    expect(manifest?.parts.map(({ name }) => name)).toStrictEqual([
      "environment.yaml",
      "secrets/ari",
      "secrets/dn/1002",
      `secrets/dn/${"x".repeat(150)}`,
      "database.dump",
    ]);
    expect(manifest?.parts.at(-1)).toStrictEqual({
      name: "database.dump",
      size: dump.length,
      sha256: createHash("sha256").update(dump).digest("hex"),
    });
  });

  it("is one for tar, with the modes of the files, and says what it is", async () => {
    const members: string[] = [];
    for await (const { header } of entries(inChunks(archive)))
      members.push(`${header.name} ${header.mode.toString(8)}`);
    expect(members.slice(0, 6)).toStrictEqual([
      "format 600",
      "environment.yaml 600",
      "secrets/ 700",
      "secrets/ari 600",
      "secrets/dn/ 750",
      "secrets/dn/1002 640",
    ]);
    expect(members.slice(-4)).toStrictEqual([
      "database.dump/00000000 600",
      "database.dump/00000001 600",
      "database.dump/00000002 600",
      "manifest.json 600",
    ]);
  });
});

describe("an archive that is not what it says", () => {
  it.each([
    ["a secret of another content", "secrets/ari", Buffer.from("changed")],
    ["a secret that is gone", "secrets/ari", undefined],
    ["a piece of the dump that is gone", "database.dump/00000001", undefined],
  ])("%s is refused by its name", async (_, part, content) => {
    const bytes = await edited((name, was) => (name === part ? content : was));
    const name = part.replace(/\/0.*/, "");
    await expect(read(bytes)).rejects.toThrow(`it is not what its manifest says: ${name}`);
  });

  it("is refused without a manifest, or with a faulty one", async () => {
    const without = await edited((name, was) => (name === "manifest.json" ? undefined : was));
    await expect(read(without)).rejects.toThrow("it has no manifest");
    const faulty = await edited((name, was) =>
      name === "manifest.json" ? Buffer.from('{"environment":1}') : was,
    );
    await expect(read(faulty)).rejects.toThrow("its manifest is faulty at environment");
  });

  it("is refused with a part that nobody knows", async () => {
    const bytes = await edited((_, was) => was).then((whole) =>
      Buffer.concat([tar([{ path: "format", mode: 0o600, content: FORMAT }]).subarray(0, 1024), evil, whole]),
    );
    await expect(read(bytes)).rejects.toThrow("it has a part that nobody knows: ../evil");
  });

  it("is told from another format, and from something else", async () => {
    const newer = await edited((name, was) =>
      name === "format" ? Buffer.from("webrtc-genesys backup, format 2\n") : was,
    );
    await expect(read(newer)).rejects.toThrow("restore it with a newer version");
    const other = tar([{ path: "holiday.jpg", mode: 0o600, content: Buffer.from("x") }]);
    await expect(read(other)).rejects.toThrow("no backup of this project");
    await expect(read(Buffer.from("not a tar archive at all"))).rejects.toThrow(
      "it holds no whole tar archive",
    );
    await expect(read(archive.subarray(0, 5000))).rejects.toThrow("it holds no whole tar archive");
  });

  it("is refused with a secret that is too long for one", async () => {
    const bytes = await edited((name, was) => (name === "secrets/ari" ? Buffer.alloc(1024 * 1024 + 1) : was));
    await expect(read(bytes)).rejects.toThrow("secrets/ari in it is longer than 1048576 bytes");
  });

  const FORMAT = Buffer.from("webrtc-genesys backup, format 1\n");
  const evil = tar([{ path: "../evil", mode: 0o600, content: Buffer.from("x") }]).subarray(0, 1024);
});

it("passes the fault of where it comes from on", async () => {
  const broken = (async function* () {
    yield archive.subarray(0, 3000);
    throw new Error("the disk has gone");
  })();
  await expect(readArchive(broken)).rejects.toThrow("the disk has gone");
});
