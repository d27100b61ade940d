import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { tar } from "../../../tools/docker-provider/tar";
import { contentPath } from "../../../tools/offline/npm-cache";
import type { Manifest } from "../../../tools/offline/parts";
import { ended, sha256, writeParts, writeProject } from "./bundles";

/** A package of one file, as the registry has it. */
const PACKAGE = gzipSync(
  tar([
    { path: "package/package.json", mode: 0o644, content: Buffer.from('{"name":"@a/b","version":"1.2.3"}') },
    { path: "package/index.js", mode: 0o644, content: Buffer.from("exports.found = true;") },
  ]),
);
const INTEGRITY = `sha512-${createHash("sha512").update(PACKAGE).digest("base64")}`;

const LOCK = JSON.stringify({
  ...{ name: "p", version: "1.0.0", lockfileVersion: 3, requires: true },
  packages: {
    "": { name: "p", version: "1.0.0", dependencies: { "@a/b": "1.2.3" } },
    "node_modules/@a/b": { version: "1.2.3", integrity: INTEGRITY },
    // Of another platform, as tools/lock.ts writes it.
    "node_modules/other": { version: "1.0.0", os: ["win32"], optional: true },
  },
});

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "offline-test-"));
  writeProject(project);
  writeFileSync(
    join(project, "package.json"),
    '{"name":"p","version":"1.0.0","dependencies":{"@a/b":"1.2.3"}}',
  );
  writeFileSync(join(project, "package-lock.json"), LOCK);
});
afterEach(() => rmSync(project, { recursive: true }));

function bring(content: Buffer, manifest: Partial<Manifest> = {}): void {
  const cache = tar([{ path: contentPath(INTEGRITY), mode: 0o644, content }]);
  writeParts(
    join(project, "offline"),
    { project: { "package-lock.json": sha256(LOCK) }, ...manifest },
    { "npm-cache.tar": cache },
  );
}

/** bin/install where no registry answers and npm has never been used. */
async function install() {
  const home = mkdtempSync(join(tmpdir(), "offline-home-"));
  const { npm_config_cache: _, ...env } = process.env;
  try {
    return await ended("bin/install", [], project, {
      ...env,
      HOME: home,
      npm_config_registry: "http://127.0.0.1:9/npm",
      npm_config_fetch_retries: "0",
    });
  } finally {
    rmSync(home, { recursive: true });
  }
}

it("installs from the bundle alone, once", async () => {
  bring(PACKAGE);
  const first = await install();
  expect(first).toMatchObject({ status: 0, stdout: "· npm packages, from the bundle in offline/\n" });
  expect(readFileSync(join(project, "node_modules/@a/b/index.js"), "utf8")).toContain("found");
  expect(readFileSync(join(project, "package-lock.json"), "utf8")).toBe(LOCK);
  expect(readdirSync(join(project, ".cache"))).toStrictEqual([]);
  expect(await install()).toMatchObject({ status: 0, stdout: "" });
}, 60_000);

it("leaves nothing behind when it is told to end", async () => {
  bring(PACKAGE);
  const bin = join(project, "bin");
  // An npm that never comes to an end.
  writeFileSync(join(bin, "npm"), "#!/bin/sh\nexec sleep 60\n", { mode: 0o755 });
  const child = spawn("node", ["tools/offline/install.js"], {
    cwd: project,
    env: { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const staging = () => (existsSync(join(project, ".cache")) ? readdirSync(join(project, ".cache")) : []);
  while (staging().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGTERM");
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(1);
  expect(staging()).toStrictEqual([]);
  expect(existsSync(join(project, "node_modules"))).toBe(false);
}, 20_000);

describe("keeps what was installed", () => {
  const old = "node_modules/@a/b/index.js";
  beforeEach(() => {
    mkdirSync(dirname(join(project, old)), { recursive: true });
    writeFileSync(join(project, old), "old");
  });
  afterEach(() => {
    expect(readFileSync(join(project, old), "utf8")).toBe("old");
    const cache = join(project, ".cache");
    expect(existsSync(cache) ? readdirSync(cache) : []).toStrictEqual([]);
  });

  it("when a part is damaged, be it another one", async () => {
    bring(PACKAGE);
    writeFileSync(join(project, "offline/images.tar.gz"), "evil");
    const { status, stderr } = await install();
    expect(stderr).toContain("offline/images.tar.gz is not what the bundle was made with");
    expect(status).toBe(1);
  });

  it("when a package is not the one that package-lock.json names", async () => {
    bring(Buffer.from("evil"));
    expect(await install()).toMatchObject({ status: 1, stderr: expect.stringMatching(/'npm' ended with 1/) });
  }, 60_000);

  it("when the bundle is of another commit or machine", async () => {
    bring(PACKAGE, { project: { "package-lock.json": sha256("other") } });
    expect((await install()).stderr).toContain(
      "package-lock.json is not that of the bundle in offline/, which was made of commit 0123456789ab",
    );
    bring(PACKAGE, { architecture: "s390x" });
    expect((await install()).stderr).toContain("the bundle was made for linux s390x");
  });
});
