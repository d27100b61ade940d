import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contents, ended, sha256, writeParts, writeProject } from "./bundles";

const TOP = "webrtc-genesys-site-1.0.0-0123456";

let directory: string;
let project: string;
let made: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "offline-test-"));
  [project, made] = [join(directory, "project"), join(directory, "made")];
  writeProject(project);
  writeFileSync(join(project, "package.json"), "{}");
  writeParts(join(made, TOP, "offline"), { project: { "package.json": sha256("{}") } });
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Packs what was made, and has the project take it. */
async function unpack(environment = "site", ...members: string[]) {
  const file = join(directory, "bundle.tar");
  if (!existsSync(file))
    execFileSync("tar", ["-cf", file, "-C", made, ...(members.length > 0 ? members : [TOP])]);
  const result = await ended("node", ["tools/offline/unpack.js", file, environment], project);
  expect(readdirSync(project).filter((name) => name.startsWith(".offline-"))).toStrictEqual([]);
  return result;
}

it("takes the parts, and nothing else of the archive", async () => {
  writeFileSync(join(made, TOP, "package.json"), "other");
  mkdirSync(join(project, "offline"));
  writeFileSync(join(project, "offline/old"), "");
  expect(await unpack()).toStrictEqual({ status: 0, stdout: "", stderr: "" });
  expect(contents(join(project, "offline"))).toStrictEqual(contents(join(made, TOP, "offline")));
  expect(readFileSync(join(project, "package.json"), "utf8")).toBe("{}");
});

describe("leaves everything as it was, and says why, for", () => {
  beforeEach(() => {
    mkdirSync(join(project, "offline"));
    writeFileSync(join(project, "offline/old"), "as it was");
  });
  afterEach(() => {
    expect(contents(join(project, "offline"))).toStrictEqual({ old: "as it was" });
  });

  it("a file that is cut off, wherever", async () => {
    writeParts(join(made, TOP, "offline"), {}, { "images.tar.gz": "i".repeat(100_000) });
    const file = join(directory, "bundle.tar");
    execFileSync("tar", ["-cf", file, "-C", made, TOP]);
    const { size } = statSync(file);
    for (const share of [0.9, 0.5, 0.1, 0.003, 0]) {
      truncateSync(file, Math.floor(size * share));
      const { status, stderr } = await unpack();
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /is no bundle, or not all of it|is missing|is not what the bundle was made with/,
      );
    }
  });

  it("a part that was changed on the way", async () => {
    writeFileSync(join(made, TOP, "offline/npm-cache.tar"), "evil");
    const { status, stderr } = await unpack();
    expect(stderr).toContain("offline/npm-cache.tar is not what the bundle was made with");
    expect(status).toBe(1);
  });

  it("another environment, another project, another machine", async () => {
    expect((await unpack("local")).stderr).toBe(
      "the bundle was made for environment 'site', not for 'local': ./bin/up site\n",
    );
    writeFileSync(join(project, "package.json"), "{ }");
    expect((await unpack()).stderr).toContain("which this project is not: package.json differs");
    rmSync(join(directory, "bundle.tar"));
    writeParts(join(made, TOP, "offline"), { architecture: "s390x" });
    expect((await unpack()).stderr).toContain("was made for linux s390x");
  });

  it("links and paths that lead elsewhere", async () => {
    rmSync(join(made, TOP, "offline/images.tar.gz"));
    symlinkSync("/etc/passwd", join(made, TOP, "offline/images.tar.gz"));
    expect((await unpack()).stderr).toContain("offline/images.tar.gz is no plain file");

    rmSync(join(directory, "bundle.tar"));
    const evil = join(directory, "evil");
    cpSync(join(made, TOP, "offline/manifest.json"), join(evil, "manifest.json"));
    execFileSync("tar", [
      ...["-cPf", join(directory, "bundle.tar"), "-C", evil],
      ...["--transform", `s,^,${TOP}/offline/../../../stray-,`, "manifest.json"],
    ]);
    expect((await unpack()).status).toBe(1);
    expect(readdirSync(directory).sort()).toStrictEqual(["bundle.tar", "evil", "made", "project"]);
  });

  it("a folder in place of the parts that is a link", async () => {
    cpSync(join(made, TOP, "offline"), join(directory, "real"), { recursive: true });
    rmSync(join(made, TOP, "offline"), { recursive: true });
    symlinkSync(join(directory, "real"), join(made, TOP, "offline"));
    expect((await unpack()).status).toBe(1);
  });

  it("what is no file, no archive, or a compressed one", async () => {
    expect((await ended("node", ["tools/offline/unpack.js", directory, "site"], project)).stderr).toBe(
      `there is no bundle '${directory}'\n`,
    );
    writeFileSync(join(directory, "bundle.tar"), "hello".repeat(1000));
    expect((await unpack()).stderr).toContain("is no bundle, or not all of it");
    execFileSync("tar", ["-czf", join(directory, "bundle.tar"), "-C", made, TOP]);
    expect((await unpack()).stderr).toContain("is no bundle, or not all of it");
  });
});
