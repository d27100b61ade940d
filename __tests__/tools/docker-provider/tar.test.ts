import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packContext } from "../../../tools/docker-provider/resources/image/context";
import { tar } from "../../../tools/docker-provider/tar";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tar-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What the system's tar makes of an archive. */
function list(archive: Buffer): string[] {
  return execFileSync("tar", ["--quoting-style=literal", "-tf", "-"], { input: archive, encoding: "utf8" })
    .trim()
    .split("\n");
}

describe("tar", () => {
  it("makes archives that tar unpacks, with content and mode", () => {
    const long = `${"directory/".repeat(15)}a file with a long name`;
    const files = [
      { path: "empty", mode: 0o600, content: Buffer.alloc(0) },
      { path: "block", mode: 0o755, content: Buffer.alloc(512, "b") },
      { path: long, mode: 0o644, content: Buffer.from("long") },
      { path: "ümlaut", mode: 0o644, content: Buffer.from("ü") },
    ];
    execFileSync("tar", ["-xf", "-", "-C", directory], { input: tar(files) });
    for (const { path, mode, content } of files) {
      expect(readFileSync(join(directory, path))).toStrictEqual(content);
      expect(statSync(join(directory, path)).mode & 0o777).toBe(mode);
    }
  });
});

describe("packContext", () => {
  async function pack(dockerfile = "Dockerfile", dockerfileContent?: Buffer): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of packContext({ directory, dockerfile, dockerfileContent }))
      chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  const write = (path: string, content = "x") => {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), content);
  };

  it("packs files, directories and links, in the order of their names", async () => {
    for (const path of ["b/c", "Dockerfile", "a"]) write(path);
    symlinkSync("../outside", join(directory, "link"));
    expect(list(await pack())).toStrictEqual(["Dockerfile", "a", "b/", "b/c", "link"]);
  });

  it("leaves out what .dockerignore names, but never the Dockerfile", async () => {
    for (const path of ["Dockerfile", "keep", "node_modules/x/y", "docs/a.md", "docs/keep.md", "log.txt"])
      write(path);
    write(
      ".dockerignore",
      "# comment\nnode_modules\n**/*.md\n!docs/keep.md\n*.txt\nDockerfile\n.dockerignore\n",
    );
    expect(list(await pack())).toStrictEqual([
      ".dockerignore",
      "Dockerfile",
      "docs/",
      "docs/keep.md",
      "keep",
    ]);
  });

  it("finds an exception inside a directory that is left out", async () => {
    for (const path of ["Dockerfile", "dist/app.js", "dist/map"]) write(path);
    write(".dockerignore", "*\n!dist/app.js\n");
    expect(list(await pack())).toStrictEqual([".dockerignore", "Dockerfile", "dist/app.js"]);
  });

  it("keeps a Dockerfile inside a directory that is left out", async () => {
    write("build/Dockerfile");
    write("build/other");
    write(".dockerignore", "build\n");
    expect(list(await pack("build/Dockerfile"))).toStrictEqual([".dockerignore", "build/Dockerfile"]);
  });

  it("adds a Dockerfile from elsewhere", async () => {
    write("a");
    expect(list(await pack(".dockerfile", Buffer.from("FROM scratch\n")))).toStrictEqual([
      "a",
      ".dockerfile",
    ]);
  });
});
