import { appendFileSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  architecture,
  checkManifest,
  checkPart,
  checkParts,
  checkProject,
  readManifest,
} from "../../../tools/offline/parts";
import { sha256, writeParts } from "./bundles";

let project: string;
let offline: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "offline-test-"));
  offline = join(project, "offline");
  writeParts(offline, { project: { "bin/up": sha256("up") } }, { "providers/host/docker.zip": "provider" });
});
afterEach(() => rmSync(project, { recursive: true }));

describe("checkParts", () => {
  it("passes what is as it was made", async () => {
    await expect(checkParts(offline)).resolves.toBeUndefined();
  });

  it.each(["images.tar.gz", "npm-cache.tar", "manifest.json", "providers/host/docker.zip"])(
    "refuses a changed, cut or missing %s, by its name",
    async (part) => {
      const refusal = `offline/${part} is not what the bundle was made with. Copy the bundle again`;
      appendFileSync(join(offline, part), "x");
      await expect(checkParts(offline)).rejects.toThrow(refusal);
      truncateSync(join(offline, part), 3);
      await expect(checkParts(offline)).rejects.toThrow(refusal);
      rmSync(join(offline, part));
      await expect(checkParts(offline)).rejects.toThrow(`offline/${part} is missing`);
    },
  );

  it("refuses a link, which leads out of the bundle", async () => {
    rmSync(join(offline, "images.tar.gz"));
    writeFileSync(join(project, "elsewhere"), "images");
    symlinkSync("../elsewhere", join(offline, "images.tar.gz"));
    await expect(checkParts(offline)).rejects.toThrow("offline/images.tar.gz is no plain file");
  });

  it("refuses what is in no list", async () => {
    writeFileSync(join(offline, "providers/more"), "");
    await expect(checkParts(offline)).rejects.toThrow("offline/providers/more is no part of the bundle");
  });

  it.each([
    ["a path out of the bundle", `${sha256("x")}  ../elsewhere\n`, "names no part"],
    ["an absolute path", `${sha256("x")}  /etc/passwd\n`, "names no part"],
    ["something else", "hello\n", "names no part"],
    ["a part less", `${sha256("images")}  images.tar.gz\n`, "does not name manifest.json"],
    ["nothing", "", "does not name manifest.json"],
    ["too much", "x".repeat(100_000), "is no file of 65536 bytes or less"],
  ])("refuses checksums with %s", async (_, sums, message) => {
    writeFileSync(join(offline, "SHA256SUMS"), sums);
    await expect(checkParts(offline)).rejects.toThrow(message);
    await expect(checkPart(offline, "images.tar.gz")).rejects.toThrow(message);
  });

  it("says that there are no checksums", async () => {
    rmSync(join(offline, "SHA256SUMS"));
    await expect(checkParts(offline)).rejects.toThrow("offline/SHA256SUMS is missing");
  });
});

describe("the manifest", () => {
  it("fits its environment on a machine of its kind only", () => {
    const manifest = readManifest(offline);
    expect(() => checkManifest(manifest, "site")).not.toThrow();
    expect(() => checkManifest(manifest, "local")).toThrow(
      "the bundle was made for environment 'site', not for 'local': ./bin/up site",
    );
    expect(() => checkManifest({ ...manifest, architecture: "s390x" }, "site")).toThrow(
      `the bundle was made for linux s390x, and this is linux ${architecture}`,
    );
  });

  it("is refused in another format", () => {
    writeParts(offline, { format: 2 as 1 });
    expect(() => readManifest(offline)).toThrow("format 2 is not the one of this project, 1");
  });

  it("fits the project that it was made of only", async () => {
    const manifest = readManifest(offline);
    await expect(checkProject(manifest, project)).rejects.toThrow(
      "the bundle was made of commit 0123456789ab, which this project is not: bin/up is missing",
    );
    writeFileSync(join(project, "up"), "up");
    const moved = { ...manifest, project: { up: sha256("up") } };
    await expect(checkProject(moved, project)).resolves.toBeUndefined();
    writeFileSync(join(project, "up"), "another");
    await expect(checkProject(moved, project)).rejects.toThrow("up differs");
  });
});
